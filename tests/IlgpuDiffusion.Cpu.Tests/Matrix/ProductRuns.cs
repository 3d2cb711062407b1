using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cpu.Tests.Matrix;

/// <summary>Products on the processor.</summary>
internal static class ProductRuns
{
    /// <summary>Runs on as many threads as a pool has.</summary>
    public static float[] Run(this ProductCase product, WorkerPool pool, int gap = 0, bool packed = true)
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = pool.Threads, Convolutions = (ConvolutionMethod?)product.Method });
        return product.Run(device, gap, packed);
    }
}
