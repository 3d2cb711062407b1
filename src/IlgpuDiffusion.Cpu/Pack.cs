using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared Pack(Pack op, in Operands operands) => Products.Pack(pool, op, operands);
}
