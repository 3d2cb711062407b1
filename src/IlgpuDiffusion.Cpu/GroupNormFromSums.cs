using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared GroupNormFromSums(GroupNormFromSums op, in Operands operands)
    {
        TensorType[] inputs = operands.Inputs.ToArray();
        return new CpuPrepared(op.Work(operands), (places, path) => new FromSumsLaunch(pool, path, places, inputs, op));
    }

    /// <summary>One group of one image a task: slots in order, of each the group's channels in order.</summary>
    private sealed unsafe class FromSumsLaunch(WorkerPool pool, string path, Place[] places, TensorType[] inputs, GroupNormFromSums op)
        : ParallelLaunch(pool, path, places, inputs[0].Shape.Batch * op.Groups)
    {
        private readonly int _parts = inputs.Length - 2;

        protected override void Execute(int task, byte* scratch)
        {
            (int image, int group) = Math.DivRem(task, op.Groups);
            int channels = inputs[^1].Shape.Channels, perGroup = channels / op.Groups, first = group * perGroup;
            double sum = 0, squares = 0;
            for (int part = 0, begin = 0; part < _parts; part++)
            {
                Shape shape = inputs[part].Shape;
                int own = shape.Channels / 2, from = Math.Max(first - begin, 0), to = Math.Min(first + perGroup - begin, own);
                double* slot = (double*)Bytes(part) + ((nint)image * shape.Width * Stride(part));
                for (int i = 0; i < shape.Width; i++, slot += Stride(part))
                {
                    for (int c = from; c < to; c++)
                    {
                        sum += slot[c];
                        squares += slot[own + c];
                    }
                }

                begin += own;
            }

            GroupFactors.Write(op.Epsilon, sum, squares, (double)op.Tokens * perGroup, first, perGroup, channels, Floats(_parts), Floats(_parts + 1), Floats(_parts + 2) + (image * Stride(_parts + 2)));
        }
    }
}
