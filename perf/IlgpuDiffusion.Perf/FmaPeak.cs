using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using IlgpuDiffusion.Cpu;

namespace IlgpuDiffusion.Perf;

/// <summary>Multiply-adds on registers alone: what the machine gives at this moment, and the yardstick of every other number.</summary>
internal sealed unsafe class FmaPeak : ParallelJob
{
    private const int Rounds = 200_000;

    private static readonly FmaPeak Job = new();

    /// <summary>The best rate of many short runs on this many threads, in floating-point operations a second.</summary>
    public static double Measure(int threads)
    {
        using WorkerPool pool = new(threads);
        pool.Reserve(1 << 20);
        return Measure(pool);
    }

    /// <summary>The best rate of many short runs, in floating-point operations a second.</summary>
    public static double Measure(WorkerPool pool)
    {
        double best = 0;
        for (int i = 0; i < 60; i++)
        {
            best = Math.Max(best, MeasureOnce(pool));
        }

        return best;
    }

    /// <summary>The rate of one run of half a millisecond or so.</summary>
    public static double MeasureOnce(WorkerPool pool)
    {
        long start = Stopwatch.GetTimestamp();
        pool.Run(Job, pool.Threads, CancellationToken.None);
        return pool.Threads * (double)Rounds * 20 * 2 * Lanes / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>The tile kernel alone, on data in the first-level cache.</summary>
    public static double MeasureTile(int rows)
    {
        const int Repeats = 20_000;
        float* memory = (float*)NativeMemory.AlignedAlloc(1 << 20, 4096);
        NativeMemory.Clear(memory, 1 << 20);
        float* b = memory + (16 * Panels.KBlock), c = b + (Panels.KBlock * Panels.Columns);
        double best = 0;
        for (int i = 0; i < 5; i++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int j = 0; j < Repeats; j++)
            {
                TileSweep.Multiply(rows, memory, b, Panels.KBlock, c, j == 0);
            }

            best = Math.Max(best, 2.0 * Repeats * rows * Panels.Columns * Panels.KBlock / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        NativeMemory.AlignedFree(memory);
        return best;
    }

    public override void Execute(int task, byte* scratch)
    {
        switch (Simd.Level)
        {
            case SimdLevel.Vector512:
                Chains<Simd512, Vector512<float>>((float*)scratch);
                break;
            case SimdLevel.Vector256:
                Chains<Simd256, Vector256<float>>((float*)scratch);
                break;
            case SimdLevel.Vector128:
                Chains<Simd128, Vector128<float>>((float*)scratch);
                break;
            default:
                Chains<SimdScalar, float>((float*)scratch);
                break;
        }
    }

    private static int Lanes => Simd.Level switch { SimdLevel.Vector512 => 16, SimdLevel.Vector256 => 8, SimdLevel.Vector128 => 4, _ => 1 };

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Chains<TSimd, TVector>(float* scratch)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector x = TSimd.Create(0.5f), y = TSimd.Create(0.25f);
        TVector a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x;
        for (int n = 0; n < Rounds * 2; n++)
        {
            a = TSimd.MultiplyAdd(x, a, y);
            b = TSimd.MultiplyAdd(x, b, y);
            c = TSimd.MultiplyAdd(x, c, y);
            d = TSimd.MultiplyAdd(x, d, y);
            e = TSimd.MultiplyAdd(x, e, y);
            f = TSimd.MultiplyAdd(x, f, y);
            g = TSimd.MultiplyAdd(x, g, y);
            h = TSimd.MultiplyAdd(x, h, y);
            i = TSimd.MultiplyAdd(x, i, y);
            j = TSimd.MultiplyAdd(x, j, y);
        }

        TVector sum = TSimd.Add(TSimd.Add(TSimd.Add(a, b), TSimd.Add(c, d)), TSimd.Add(TSimd.Add(e, f), TSimd.Add(TSimd.Add(g, h), TSimd.Add(i, j))));
        TSimd.Store(scratch, sum);
    }
}
