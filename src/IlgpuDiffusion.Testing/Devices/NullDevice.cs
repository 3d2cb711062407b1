using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Testing;

/// <summary>Prepares kernels and never runs one: for plans, reports and tests that need no memory and no weights.</summary>
/// <param name="flopsPerSecond">Floating-point operations a second that estimates assume.</param>
/// <param name="bytesPerSecond">Bytes a second that estimates assume.</param>
/// <param name="fusions">What its matrix products say they absorb.</param>
/// <param name="layerNorm">Which layer norms are one kernel; none if null.</param>
internal sealed class NullDevice(double flopsPerSecond = 1e11, double bytesPerSecond = 2e10, Fusions fusions = Fusions.All, Func<Shape, bool>? layerNorm = null) : Device
{
    /// <inheritdoc/>
    public override string Name => FormattableString.Invariant($"null ({flopsPerSecond / 1e9:0.###} GFLOP/s, {bytesPerSecond / 1e9:0.###} GB/s)");

    /// <inheritdoc/>
    internal override Capabilities Capabilities { get; } = new()
    {
        Stores = [ElementType.F32, ElementType.F16, ElementType.BF16],
        Linear = fusions & Fusions.Linear,
        Conv2d = fusions & Fusions.Conv2d,
        LayerNorm = layerNorm ?? (static _ => false),
        SumSlots = (_, in _) => fusions.HasFlag(Fusions.Sums) ? 1 : 0,
        Used = static (op, in _) => op,
    };

    /// <summary>A kernel that knows its time alone. Arithmetic and traffic overlap, so the slower of the two is the time.</summary>
    internal override Prepared Prepare(Op op, in Operands operands)
    {
        ArgumentNullException.ThrowIfNull(op);
        Work work = op.Work(operands);
        return new NullPrepared(TimeSpan.FromSeconds(Math.Max(work.Flops / flopsPerSecond, work.Bytes / bytesPerSecond)));
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Always.</exception>
    internal override DeviceMemory Allocate(long bytes, string purpose) => throw NeverRuns($"allocate {bytes} bytes for {purpose}");

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Always.</exception>
    internal override void Upload(nint target, ReadOnlySpan<byte> source) => throw NeverRuns("copy");

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Always.</exception>
    internal override void Download(nint source, Span<byte> target) => throw NeverRuns("copy");

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Always.</exception>
    internal override void Copy(nint source, nint target, long bytes) => throw NeverRuns("copy");

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Always.</exception>
    internal override void Combine(nint target, ReadOnlySpan<nint> sources, ReadOnlySpan<double> coefficients, long count) => throw NeverRuns("combine");

    private static InvalidOperationException NeverRuns(string what) =>
        new($"The null device prepares kernels and never runs one; it cannot {what}. Choose a device that computes.");

    private sealed class NullPrepared(TimeSpan estimate) : Prepared
    {
        public override TimeSpan Estimate => estimate;

        public override Launch Bind(ReadOnlySpan<Place> places, string path) => throw NeverRuns($"run '{path}'");
    }
}
