using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared Reshape(Reshape op, in Operands operands)
    {
        // Neither side has gaps, so it is one row.
        long bytes = operands.Inputs[0].Bytes;
        return new GpuPrepared(op.Work(operands), (places, path) => new RowCopy(host, places, path, 1, [new RowPart(0, 1, bytes, 0, 0, 0)]));
    }
}
