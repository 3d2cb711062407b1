using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared Rotary(Rotary op, in Operands operands)
    {
        (Shape shape, int turned) = (operands.Inputs[0].Shape, operands.Inputs[1].Shape.Channels);
        return new CpuPrepared(op.Work(operands), (places, path) => new RotaryLaunch(pool, path, places, shape, op.Heads, turned));
    }

    /// <summary>A task is some grid points.</summary>
    private sealed unsafe class RotaryLaunch(WorkerPool pool, string path, Place[] places, Shape shape, int heads, int turned)
        : ParallelLaunch(pool, path, places, (shape.Rows + RowsPerTask(shape) - 1) / RowsPerTask(shape))
    {
        protected override void Execute(int task, byte* scratch)
        {
            int perTask = RowsPerTask(shape), end = Math.Min(shape.Rows, (task + 1) * perTask), channels = shape.Channels / heads, still = channels - turned;
            for (int row = task * perTask; row < end; row++)
            {
                float* x = Floats(0) + (row * Stride(0)), y = Floats(2) + (row * Stride(2)), table = Floats(1) + (row % shape.Tokens * Stride(1));
                for (int head = 0; head < heads; head++)
                {
                    new ReadOnlySpan<float>(x, still).CopyTo(new Span<float>(y, still));
                    for (int i = 0; i < turned; i += 2)
                    {
                        (float first, float second, float cosine, float sine) = (x[still + i], x[still + i + 1], table[i], table[i + 1]);
                        y[still + i] = (first * cosine) - (second * sine);
                        y[still + i + 1] = (second * cosine) + (first * sine);
                    }

                    x += channels;
                    y += channels;
                }
            }
        }

        private static int RowsPerTask(Shape shape) => Math.Max(1, 16384 / shape.Channels);
    }
}
