using System.Numerics.Tensors;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared MergeTokens(MergeTokens op, in Operands operands)
    {
        Shape from = operands.Inputs[0].Shape;
        return new CpuPrepared(op.Work(operands), (places, path) => new MergeLaunch(pool, path, places, from, op.Groups));
    }

    /// <summary>A task is some groups of one image; a group's tokens are added in their order.</summary>
    private sealed unsafe class MergeLaunch(WorkerPool pool, string path, Place[] places, Shape from, int groups)
        : ParallelLaunch(pool, path, places, from.Batch * Parts(groups))
    {
        private const int PerTask = 64;

        protected override void Execute(int task, byte* scratch)
        {
            (int image, int part) = Math.DivRem(task, Parts(groups));
            int* matching = (int*)Bytes(1) + ((nint)image * from.Tokens * Stride(1));
            float* x = Floats(0) + ((nint)image * from.Tokens * Stride(0)), y = Floats(2) + ((nint)image * groups * Stride(2));
            for (int group = part * PerTask; group < Math.Min(groups, (part + 1) * PerTask); group++)
            {
                int start = Start(matching, group), count = Start(matching, group + 1) - start;
                Span<float> sum = new(y + (group * Stride(2)), from.Channels);
                for (int i = 0; i < count; i++)
                {
                    ReadOnlySpan<float> token = new(x + (matching[((start + i) * Stride(1)) + Graphs.Ops.MatchTokens.Members] * Stride(0)), from.Channels);
                    if (i == 0)
                    {
                        token.CopyTo(sum);
                    }
                    else
                    {
                        TensorPrimitives.Add(sum, token, sum);
                    }
                }

                if (count > 1)
                {
                    TensorPrimitives.Multiply(sum, 1f / count, sum);
                }
            }
        }

        private int Start(int* matching, int group) => matching[(group * Stride(1)) + Graphs.Ops.MatchTokens.Starts];

        private static int Parts(int groups) => (groups + PerTask - 1) / PerTask;
    }
}
