using System.Numerics.Tensors;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared Resample(Resample op, in Operands operands)
    {
        TensorType[] inputs = operands.Inputs.ToArray();
        Shape to = operands.Outputs[0].Shape;
        return new CpuPrepared(op.Work(operands), (places, path) => new ResampleLaunch(pool, path, places, inputs, to));
    }

    /// <summary>A task is one row of the result; the sums of a grid point go over its rows, and in each over its columns.</summary>
    private sealed unsafe class ResampleLaunch(WorkerPool pool, string path, Place[] places, TensorType[] inputs, Shape to)
        : ParallelLaunch(pool, path, places, to.Batch * to.Height)
    {
        private readonly Shape _from = inputs[0].Shape;

        protected override void Execute(int task, byte* scratch)
        {
            (int image, int y) = Math.DivRem(task, to.Height);
            int rowTaps = inputs[1].Shape.Channels, columnTaps = inputs[3].Shape.Channels, channels = to.Channels;
            int* rows = (int*)Bytes(1) + (y * Stride(1));
            float* u = Floats(2) + (y * Stride(2)), result = Floats(5) + ((nint)task * to.Width * Stride(5));
            for (int x = 0; x < to.Width; x++, result += Stride(5))
            {
                int* columns = (int*)Bytes(3) + (x * Stride(3));
                float* v = Floats(4) + (x * Stride(4));
                Span<float> sum = new(result, channels);
                for (int k = 0; k < rowTaps; k++)
                {
                    float* line = Floats(0) + ((((nint)image * _from.Height) + Within(rows[k], _from.Height, "row")) * _from.Width * Stride(0));
                    for (int l = 0; l < columnTaps; l++)
                    {
                        ReadOnlySpan<float> point = new(line + (Within(columns[l], _from.Width, "column") * Stride(0)), channels);
                        float weight = u[k] * v[l];
                        if (k + l > 0)
                        {
                            TensorPrimitives.MultiplyAdd(point, weight, sum, sum);
                        }
                        else if (weight == 1)
                        {
                            point.CopyTo(sum);
                        }
                        else
                        {
                            TensorPrimitives.Multiply(point, weight, sum);
                        }
                    }
                }
            }
        }

        private nint Within(int number, int size, string axis) => (uint)number < (uint)size
            ? number
            : throw new InvalidDataException($"At '{Path}': {axis} {number} is not within the grid of {_from.Height}×{_from.Width}.");
    }
}
