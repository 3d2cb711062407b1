using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared Concat(Concat op, in Operands operands)
    {
        TensorType[] types = operands.Inputs.ToArray();
        return new CpuPrepared(op.Work(operands), (places, path) =>
        {
            RowPart[] parts = new RowPart[types.Length];
            long row = 0, channel = 0;
            for (int i = 0; i < parts.Length; i++)
            {
                parts[i] = Rows(i, types[i], places, types[i].Shape.Rows, row);
                if (op.Axis == Axis.Channels)
                {
                    parts[i] = parts[i] with { Start = channel * types[i].Type.Size() };
                    channel += types[i].Shape.Channels;
                }
                else
                {
                    row += types[i].Shape.Rows;
                }
            }

            return new RowCopy(pool, path, places, parts);
        });
    }
}
