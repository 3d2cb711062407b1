using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared Conv2d(Conv2d op, in Operands operands)
    {
        PortableProduct portable = PortableProduct.Conv2d(host, op, operands);
        return (Prepared?)TensorProduct.Conv2d(host, op, portable, operands) ?? (Prepared?)BlockProduct.Of(host, portable, op.Work(operands).Flops) ?? portable;
    }
}
