using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

public sealed partial class GpuDevice
{
    private readonly GpuRecording? _recording;

    /// <inheritdoc/>
    internal override DeviceMark CreateMark() => _host.CreateMark() ?? base.CreateMark();

    /// <inheritdoc/>
    internal override DeviceClock CreateClock() => _host.CreateClock();

    /// <inheritdoc/>
    internal override Replay? CreateReplay() => _recording is null ? null : new GpuReplay(_host, _recording);
}
