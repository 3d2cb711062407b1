using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared Linear(Linear op, in Operands operands) => throw new NotSupportedException("This device has no matrix product yet.");

    /// <inheritdoc/>
    public Prepared Conv2d(Conv2d op, in Operands operands) => throw new NotSupportedException("This device has no convolution yet.");

    /// <inheritdoc/>
    public Prepared Attention(Attention op, in Operands operands) => throw new NotSupportedException("This device has no attention yet.");

    /// <inheritdoc/>
    public Prepared Pack(Pack op, in Operands operands) => throw new NotSupportedException("This device packs no weights yet.");
}
