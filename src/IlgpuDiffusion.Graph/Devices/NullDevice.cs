using IlgpuDiffusion.Graphs.Devices.Null;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Devices;

/// <summary>Prepares kernels and never runs one: for plans, reports and tests that need no memory and no weights.</summary>
/// <param name="flopsPerSecond">Floating-point operations a second that estimates assume.</param>
/// <param name="bytesPerSecond">Bytes a second that estimates assume.</param>
/// <param name="fusions">What its matrix products say they absorb.</param>
public sealed class NullDevice(double flopsPerSecond = 1e11, double bytesPerSecond = 2e10, Fusions fusions = Fusions.All) : Device
{
    /// <inheritdoc/>
    public override string Name => FormattableString.Invariant($"null ({flopsPerSecond / 1e9:0.###} GFLOP/s, {bytesPerSecond / 1e9:0.###} GB/s)");

    /// <inheritdoc/>
    public override IKernels Kernels { get; } = new NullKernels(flopsPerSecond, bytesPerSecond, fusions);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Always.</exception>
    public override DeviceMemory Allocate(long bytes, string purpose) => throw NeverRuns($"allocate {bytes} bytes for {purpose}");

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Always.</exception>
    public override void Upload(nint target, ReadOnlySpan<byte> source) => throw NeverRuns("copy");

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Always.</exception>
    public override void Download(nint source, Span<byte> target) => throw NeverRuns("copy");

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Always.</exception>
    public override void Copy(nint source, nint target, long bytes) => throw NeverRuns("copy");

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Always.</exception>
    public override void Combine(nint target, ReadOnlySpan<nint> sources, ReadOnlySpan<double> coefficients, long count) => throw NeverRuns("combine");

    internal static InvalidOperationException NeverRuns(string what) =>
        new($"The null device prepares kernels and never runs one; it cannot {what}. Choose a device that computes.");
}
