using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared Copy(Copy op, in Operands operands)
    {
        TensorType type = operands.Inputs[0];
        return new GpuPrepared(op.Work(operands), (places, path) => type.Layout is not null
            ? new RowCopy(host, places, path, 1, [new RowPart(0, 1, type.Bytes, 0, 0, 0)])
            : new RowCopy(host, places, path, type.Type.Size(), [Rows(0, type, places, 0)]));
    }

    /// <summary>All rows of an operand, into the last place from a row on.</summary>
    private static RowPart Rows(int operand, TensorType type, Place[] places, long firstRow) =>
        new(operand, type.Shape.Rows, type.Shape.Channels, places[operand].RowStride, places[^1].RowStride, firstRow * places[^1].RowStride);
}
