using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared UnmergeTokens(UnmergeTokens op, in Operands operands)
    {
        (Shape from, Shape to) = (operands.Inputs[0].Shape, operands.Outputs[0].Shape);
        return new CpuPrepared(op.Work(operands), (places, path) => new UnmergeLaunch(pool, path, places, from, to));
    }

    /// <summary>A task is one row of the grid.</summary>
    private sealed unsafe class UnmergeLaunch(WorkerPool pool, string path, Place[] places, Shape from, Shape to)
        : ParallelLaunch(pool, path, places, to.Batch * to.Height)
    {
        protected override void Execute(int task, byte* scratch)
        {
            int image = task / to.Height;
            float* groups = Floats(0) + ((nint)image * from.Width * Stride(0));
            for (nint token = (nint)task * to.Width; token < (nint)(task + 1) * to.Width; token++)
            {
                int group = ((int*)Bytes(1))[(token * Stride(1)) + Graphs.Ops.MatchTokens.Groups];
                new ReadOnlySpan<float>(groups + (group * Stride(0)), to.Channels).CopyTo(new Span<float>(Floats(2) + (token * Stride(2)), to.Channels));
            }
        }
    }
}
