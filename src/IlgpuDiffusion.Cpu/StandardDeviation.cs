using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared StandardDeviation(StandardDeviation op, in Operands operands)
    {
        Shape shape = operands.Inputs[0].Shape;
        return new CpuPrepared(op.Work(operands), (places, path) => new StandardDeviationLaunch(pool, path, places, shape));
    }

    /// <summary>A task is one image (latents are small): the mean, then the squares around it, in double precision.</summary>
    private sealed unsafe class StandardDeviationLaunch(WorkerPool pool, string path, Place[] places, Shape shape)
        : ParallelLaunch(pool, path, places, shape.Batch)
    {
        protected override void Execute(int task, byte* scratch)
        {
            float* image = Floats(0) + (task * (nint)shape.Tokens * Stride(0));
            double count = (double)shape.Tokens * shape.Channels;
            double mean = Sum(image, 0, false) / count;
            Floats(1)[task * Stride(1)] = (float)Math.Sqrt(Sum(image, mean, true) / (count - 1));
        }

        private double Sum(float* image, double mean, bool squares)
        {
            double sum = 0;
            for (int token = 0; token < shape.Tokens; token++, image += Stride(0))
            {
                double row = 0;
                for (int c = 0; c < shape.Channels; c++)
                {
                    double value = image[c] - mean;
                    row += squares ? value * value : value;
                }

                sum += row;
            }

            return sum;
        }
    }
}
