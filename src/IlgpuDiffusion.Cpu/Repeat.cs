using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared Repeat(Repeat op, in Operands operands)
    {
        TensorType type = operands.Inputs[0];

        // A row of the batch, or the whole of it, some times.
        (int units, int rows) = op.EachRow ? (type.Shape.Batch, type.Shape.Tokens) : (1, type.Shape.Rows);
        return new CpuPrepared(op.Work(operands), (places, path) =>
        {
            RowPart[] parts = new RowPart[units * op.Times];
            for (int i = 0; i < parts.Length; i++)
            {
                RowPart part = Rows(0, type, places, rows, (long)i * rows);
                parts[i] = part with { Skipped = (long)(i / op.Times) * rows * part.From };
            }

            return new RowCopy(pool, path, places, parts);
        });
    }
}
