using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared Repeat(Repeat op, in Operands operands)
    {
        TensorType type = operands.Inputs[0];
        return new GpuPrepared(op.Work(operands), (places, path) =>
        {
            // A row of the batch, or the whole of it, some times.
            (int units, int rows) = op.EachRow ? (type.Shape.Batch, type.Shape.Tokens) : (1, type.Shape.Rows);
            RowPart[] parts = new RowPart[units * op.Times];
            for (int i = 0; i < parts.Length; i++)
            {
                RowPart part = Rows(0, type, places, (long)i * rows) with { Rows = rows };
                parts[i] = part with { Skipped = (long)(i / op.Times) * rows * part.From };
            }

            return new RowCopy(host, places, path, type.Type.Size(), parts);
        });
    }
}
