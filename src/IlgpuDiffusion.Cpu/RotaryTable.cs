using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared RotaryTable(RotaryTable op, in Operands operands) => new CpuPrepared(op.Work(operands), (places, path) => new RotaryTableLaunch(pool, path, places, op));

    /// <summary>A task is a row of the grid.</summary>
    private sealed unsafe class RotaryTableLaunch(WorkerPool pool, string path, Place[] places, RotaryTable op)
        : ParallelLaunch(pool, path, places, op.Grid.Height)
    {
        private readonly Lazy<float[]> _values = new(op.Values);

        protected override void Execute(int task, byte* scratch)
        {
            int channels = op.RowChannels + op.ColumnChannels;
            for (int x = 0; x < op.Grid.Width; x++)
            {
                int point = (task * op.Grid.Width) + x;
                _values.Value.AsSpan(point * channels, channels).CopyTo(new Span<float>(Floats(0) + (point * Stride(0)), channels));
            }
        }
    }
}
