using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared RmsNorm(RmsNorm op, in Operands operands)
    {
        Shape shape = operands.Inputs[0].Shape;
        return new CpuPrepared(op.Work(operands), (places, path) => new RmsNormLaunch(pool, path, places, shape, op));
    }

    /// <summary>A task is some rows: of each part the squares, then the scaling, while it is in the cache.</summary>
    private sealed unsafe class RmsNormLaunch(WorkerPool pool, string path, Place[] places, Shape shape, RmsNorm op)
        : ParallelLaunch(pool, path, places, (shape.Rows + RowsPerTask(shape) - 1) / RowsPerTask(shape))
    {
        protected override void Execute(int task, byte* scratch)
        {
            int perTask = RowsPerTask(shape), end = Math.Min(shape.Rows, (task + 1) * perTask), part = shape.Channels / op.Heads;
            for (int row = task * perTask; row < end; row++)
            {
                for (int c = 0; c < shape.Channels; c += part)
                {
                    float* x = Floats(0) + (row * Stride(0)) + c, y = Floats(2) + (row * Stride(2)) + c;
                    float scale = (float)(1 / Math.Sqrt((LaneSum.Of(x, part, 0, true) / part) + op.Epsilon));
                    switch (Simd.Level)
                    {
                        case SimdLevel.Vector512:
                            Scale<Simd512, Vector512<float>>(x, scale, Floats(1), y, part);
                            break;
                        case SimdLevel.Vector256:
                            Scale<Simd256, Vector256<float>>(x, scale, Floats(1), y, part);
                            break;
                        case SimdLevel.Vector128:
                            Scale<Simd128, Vector128<float>>(x, scale, Floats(1), y, part);
                            break;
                        default:
                            Scale<SimdScalar, float>(x, scale, Floats(1), y, part);
                            break;
                    }
                }
            }
        }

        private static int RowsPerTask(Shape shape) => Math.Max(1, 16384 / shape.Channels);

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Scale<TSimd, TVector>(float* x, float scale, float* gamma, float* y, nint count)
            where TSimd : struct, ISimd<TVector>
            where TVector : struct
        {
            TVector factor = TSimd.Create(scale);
            nint i = 0;
            for (; i <= count - TSimd.Width; i += TSimd.Width)
            {
                TSimd.Store(y + i, TSimd.Multiply(TSimd.Multiply(TSimd.Load(x + i), factor), TSimd.Load(gamma + i)));
            }

            for (; i < count; i++)
            {
                y[i] = x[i] * scale * gamma[i];
            }
        }
    }
}
