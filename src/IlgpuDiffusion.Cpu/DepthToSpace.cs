using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared DepthToSpace(DepthToSpace op, in Operands operands)
    {
        Shape to = operands.Outputs[0].Shape;
        return new CpuPrepared(op.Work(operands), (places, path) => new DepthToSpaceLaunch(pool, path, places, to, op));
    }

    /// <summary>A task is one row of the result.</summary>
    private sealed unsafe class DepthToSpaceLaunch(WorkerPool pool, string path, Place[] places, Shape to, DepthToSpace op)
        : ParallelLaunch(pool, path, places, to.Batch * to.Height)
    {
        protected override void Execute(int task, byte* scratch)
        {
            int factor = op.Factor, width = to.Width / factor;

            // The channels of one of a square's points lie side by side, or a square apart.
            int next = op.ChannelsFirst ? factor * factor : 1, point = op.ChannelsFirst ? 1 : to.Channels;
            (int line, int y) = Math.DivRem(task, factor);
            for (int x = 0; x < to.Width; x++)
            {
                (int column, int inner) = Math.DivRem(x, factor);
                float* from = Floats(0) + ((((nint)line * width) + column) * Stride(0)) + (((y * factor) + inner) * point);
                float* pixel = Floats(1) + ((((nint)task * to.Width) + x) * Stride(1));
                for (int c = 0; c < to.Channels; c++)
                {
                    pixel[c] = from[c * next];
                }
            }
        }
    }
}
