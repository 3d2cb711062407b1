using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared Reshape(Reshape op, in Operands operands)
    {
        // Neither side has gaps, so it is one row.
        long bytes = operands.Inputs[0].Bytes;
        return new CpuPrepared(op.Work(operands), (places, path) => new RowCopy(pool, path, places, [new RowPart(0, 1, bytes, bytes, bytes, 0)]));
    }
}
