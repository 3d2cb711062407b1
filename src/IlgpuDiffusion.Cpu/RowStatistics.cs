using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared RowStatistics(RowStatistics op, in Operands operands)
    {
        Shape shape = operands.Inputs[0].Shape;
        return new CpuPrepared(op.Work(operands), (places, path) => new RowStatisticsLaunch(pool, path, places, shape, op.Epsilon));
    }

    /// <summary>A task is some rows: the mean, then the squares around it, while the row is in the cache.</summary>
    private sealed unsafe class RowStatisticsLaunch(WorkerPool pool, string path, Place[] places, Shape shape, double epsilon)
        : ParallelLaunch(pool, path, places, (shape.Rows + RowsPerTask(shape) - 1) / RowsPerTask(shape))
    {
        protected override void Execute(int task, byte* scratch)
        {
            int perTask = RowsPerTask(shape), end = Math.Min(shape.Rows, (task + 1) * perTask);
            for (int row = task * perTask; row < end; row++)
            {
                float* x = Floats(0) + (row * Stride(0));
                float* y = Floats(1) + (row * Stride(1));
                double mean = LaneSum.Of(x, shape.Channels, 0, false) / shape.Channels;
                y[0] = (float)mean;

                // The squares are taken around the rounded mean; what rounding moved is taken off again.
                double off = mean - y[0];
                double variance = (LaneSum.Of(x, shape.Channels, y[0], true) / shape.Channels) - (off * off);
                y[1] = (float)(1 / Math.Sqrt(variance + epsilon));
            }
        }

        private static int RowsPerTask(Shape shape) => Math.Max(1, 16384 / shape.Channels);
    }
}

/// <summary>Sums of a row in sixteen lanes, whatever the vector width: lane l takes elements l, l + 16, …; then the lanes are added in double precision.</summary>
internal static unsafe class LaneSum
{
    private const int Lanes = 16;

    /// <summary>Σ (x − centre), or Σ (x − centre)².</summary>
    [SkipLocalsInit]
    public static double Of(float* x, int count, float centre, bool squares)
    {
        float* lanes = stackalloc float[Lanes];
        switch (Simd.Level)
        {
            case SimdLevel.Vector512:
                Accumulate<Simd512, Vector512<float>>(x, count, centre, squares, lanes);
                break;
            case SimdLevel.Vector256:
                Accumulate<Simd256, Vector256<float>>(x, count, centre, squares, lanes);
                break;
            case SimdLevel.Vector128:
                Accumulate<Simd128, Vector128<float>>(x, count, centre, squares, lanes);
                break;
            default:
                Accumulate<SimdScalar, float>(x, count, centre, squares, lanes);
                break;
        }

        double sum = 0;
        for (int i = 0; i < Lanes; i++)
        {
            sum += lanes[i];
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Accumulate<TSimd, TVector>(float* x, nint count, float centre, bool squares, float* lanes)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        nint whole = count - (count % Lanes);
        TVector centres = TSimd.Create(centre);
        for (nint lane = 0; lane < Lanes; lane += TSimd.Width)
        {
            TVector sum = TSimd.Create(0f);
            for (nint i = lane; i < whole; i += Lanes)
            {
                TVector value = TSimd.Subtract(TSimd.Load(x + i), centres);
                sum = squares ? TSimd.MultiplyAdd(value, value, sum) : TSimd.Add(sum, value);
            }

            TSimd.Store(lanes + lane, sum);
        }

        for (nint i = whole; i < count; i++)
        {
            float value = x[i] - centre;
            lanes[i - whole] = squares ? SimdScalar.MultiplyAdd(value, value, lanes[i - whole]) : lanes[i - whole] + value;
        }
    }
}
