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
            RowPart[] parts = new RowPart[op.Times];
            for (int i = 0; i < parts.Length; i++)
            {
                parts[i] = Rows(0, type, places, (long)i * type.Shape.Rows);
            }

            return new RowCopy(host, places, path, type.Type.Size(), parts);
        });
    }
}
