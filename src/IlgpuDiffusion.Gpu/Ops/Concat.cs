using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared Concat(Concat op, in Operands operands)
    {
        TensorType[] types = operands.Inputs.ToArray();
        return new GpuPrepared(op.Work(operands), (places, path) =>
        {
            RowPart[] parts = new RowPart[types.Length];
            long row = 0, channel = 0;
            for (int i = 0; i < parts.Length; i++)
            {
                parts[i] = Rows(i, types[i], places, row);
                if (op.Axis == Axis.Channels)
                {
                    parts[i] = parts[i] with { Start = channel };
                    channel += types[i].Shape.Channels;
                }
                else
                {
                    row += types[i].Shape.Rows;
                }
            }

            return new RowCopy(host, places, path, types[0].Type.Size(), parts);
        });
    }
}
