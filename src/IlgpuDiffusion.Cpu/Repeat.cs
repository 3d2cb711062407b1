using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared Repeat(Repeat op, in Operands operands)
    {
        TensorType type = operands.Inputs[0];
        int rows = type.Shape.Rows;
        return new CpuPrepared(op.Work(operands), (places, path) =>
        {
            RowPart[] parts = new RowPart[op.Times];
            for (int i = 0; i < parts.Length; i++)
            {
                parts[i] = Rows(0, type, places, rows, (long)i * rows);
            }

            return new RowCopy(pool, path, places, parts);
        });
    }
}
