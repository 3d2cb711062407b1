using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

public sealed partial class GpuDevice
{
    private readonly GpuRecording? _recording;

    /// <inheritdoc/>
    public override DeviceMark CreateMark() => _host.CreateMark() ?? base.CreateMark();

    /// <inheritdoc/>
    public override DeviceClock CreateClock() => _host.CreateClock();

    /// <inheritdoc/>
    public override Replay? CreateReplay() => _recording is null ? null : new GpuReplay(_host, _recording);
}
