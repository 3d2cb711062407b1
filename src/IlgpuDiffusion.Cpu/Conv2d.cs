using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared Conv2d(Conv2d op, in Operands operands) => Products.Conv2d(pool, op, operands, convolutions);
}
