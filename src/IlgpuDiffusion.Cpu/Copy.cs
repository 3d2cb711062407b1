using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared Copy(Copy op, in Operands operands)
    {
        TensorType type = operands.Inputs[0];
        return new CpuPrepared(op.Work(operands), (places, path) => new RowCopy(pool, path, places, [Rows(0, type, places, type.Shape.Rows, 0)]));
    }

    /// <summary>All rows of an operand, into the last place from a row on; a packed weight is one row.</summary>
    private static RowPart Rows(int operand, TensorType type, Place[] places, int rows, long firstRow)
    {
        if (type.Layout is not null)
        {
            return new RowPart(operand, 1, type.Bytes, type.Bytes, type.Bytes, 0);
        }

        int size = type.Type.Size();
        long to = (long)places[^1].RowStride * size;
        return new RowPart(operand, rows, (long)type.Shape.Channels * size, (long)places[operand].RowStride * size, to, firstRow * to);
    }
}
