using IlgpuDiffusion.Cpu;

namespace IlgpuDiffusion.Perf;

internal static class GemmTimings
{
    public static void Run(int threads)
    {
        using WorkerPool pool = new(threads);
        pool.Reserve(1 << 20);
        Console.WriteLine($"{Simd.Level}, {threads} threads; peak {FmaPeak.Measure(pool) / 1e9:F0} GFLOP/s; one thread's tiles {FmaPeak.MeasureTile(TileSweep.Tall) / 1e9:F0} and {FmaPeak.MeasureTile(TileSweep.Short) / 1e9:F0} GFLOP/s");
    }
}
