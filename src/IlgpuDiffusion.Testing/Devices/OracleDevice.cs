using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing.Oracle;

namespace IlgpuDiffusion.Testing;

/// <summary>
/// The slow truth: naive loops on one thread, sums in f64, results stored in the operands' types.
/// A fused product rounds to F32 wherever the ops it stands for would, so raw and optimised graphs give the same bits; in 16 bits it rounds where
/// kernels do: what a prologue makes, and the result.
/// </summary>
/// <param name="fusions">What its matrix products say they absorb; they can do all of it.</param>
/// <param name="layerNorm">Which layer norms it says are one kernel; none if null.</param>
internal sealed class OracleDevice(Fusions fusions = Fusions.None, Func<Shape, bool>? layerNorm = null) : Device
{
    private readonly OracleKernels _kernels = new();

    /// <inheritdoc/>
    public override string Name => "oracle (naive loops, f64 sums)";

    /// <inheritdoc/>
    internal override Capabilities Capabilities { get; } = new()
    {
        Stores = [ElementType.F32, ElementType.F16, ElementType.BF16],
        Linear = fusions & Fusions.Linear,
        Conv2d = fusions & Fusions.Conv2d,
        LayerNorm = layerNorm ?? (static _ => false),

        // More than one, so that their order is seen.
        SumSlots = (_, in _) => fusions.HasFlag(Fusions.Sums) ? 3 : 0,
    };

    /// <inheritdoc/>
    internal override Prepared Prepare(Op op, in Operands operands) => op.Prepare(_kernels, operands);

    /// <inheritdoc/>
    internal override DeviceMemory Allocate(long bytes, string purpose) => new HostMemory(bytes, purpose);

    /// <inheritdoc/>
    internal override unsafe void Upload(nint target, ReadOnlySpan<byte> source) => source.CopyTo(new Span<byte>((void*)target, source.Length));

    /// <inheritdoc/>
    internal override unsafe void Download(nint source, Span<byte> target) => new ReadOnlySpan<byte>((void*)source, target.Length).CopyTo(target);

    /// <inheritdoc/>
    internal override unsafe void Copy(nint source, nint target, long bytes) => Buffer.MemoryCopy((void*)source, (void*)target, bytes, bytes);

    /// <inheritdoc/>
    internal override unsafe void Combine(nint target, ReadOnlySpan<nint> sources, ReadOnlySpan<double> coefficients, long count)
    {
        if (sources.Length != coefficients.Length)
        {
            throw new ArgumentException($"{sources.Length} terms have {coefficients.Length} coefficients.", nameof(coefficients));
        }

        for (long i = 0; i < count; i++)
        {
            double sum = 0;
            for (int s = 0; s < sources.Length; s++)
            {
                sum += coefficients[s] * ((float*)sources[s])[i];
            }

            ((float*)target)[i] = (float)sum;
        }
    }
}
