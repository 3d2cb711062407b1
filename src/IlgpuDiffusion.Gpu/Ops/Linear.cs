using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared Linear(Linear op, in Operands operands)
    {
        PortableProduct portable = PortableProduct.Linear(host, op, operands);
        return (Prepared?)TensorProduct.Linear(host, op, portable, operands) ?? (Prepared?)BlockProduct.Of(host, portable, op.Work(operands).Flops) ?? portable;
    }
}
