using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared Conv2d(Conv2d op, in Operands operands) => Products.Conv2d(pool, op, operands, convolutions);

    /// <inheritdoc/>
    public int SumSlots(Conv2d op, in Operands operands) => Products.SumSlots(op, operands, convolutions);
}
