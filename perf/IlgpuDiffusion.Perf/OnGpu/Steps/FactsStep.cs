using System.Diagnostics;
using IlgpuDiffusion.Gpu;

namespace IlgpuDiffusion.Perf.OnGpu.Steps;

/// <summary>The device, and every kernel for tensor cores as its driver translates it.</summary>
internal sealed class FactsStep() : GpuStep("facts", "The device and its kernels", 150)
{
    private const string Table = "kernel";

    // What follows this step is worth more than every kernel's numbers.
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(75);

    /// <summary>The driver translates anew, so that its time is seen.</summary>
    public override IReadOnlyDictionary<string, string> Environment { get; } = new Dictionary<string, string> { ["CUDA_CACHE_DISABLE"] = "1" };

    /// <inheritdoc/>
    public override void Run(GpuBench bench)
    {
        long start = Stopwatch.GetTimestamp();
        GpuHost host = bench.Device.Host;
        bench.Say("opened in", $"{Stopwatch.GetElapsedTime(start).TotalSeconds:F2} s");
        foreach ((string name, string text) in host.Facts())
        {
            bench.Say(name, text);
        }

        bench.Say("clocks at rest", GpuClocks.Read() ?? "not to be read");
        List<KernelFact> kernels = [];
        List<string> left = [];

        // Those for half differ from those for bfloat16 in an instruction.
        foreach ((string name, Func<KernelFact> compile) in host.TensorKernels().OrderBy(kernel => kernel.Name.Contains(" f16", StringComparison.Ordinal)))
        {
            if (Stopwatch.GetElapsedTime(start) > Enough)
            {
                left.Add(name);
                continue;
            }

            bench.Try(Table, name, () =>
            {
                kernels.Add(compile());
                bench.Kernel(Table, kernels[^1]);
            });
        }

        if (left.Count > 0)
        {
            bench.Say("not compiled here, for lack of time", string.Join(", ", left));
        }

        if (kernels.Count == 0)
        {
            bench.Say("kernels for tensor cores", "none was compiled; there are some where the device has tensor cores of CUDA's");
            return;
        }

        bench.Say($"{kernels.Count} kernels for tensor cores", $"ILGPU {kernels.Sum(k => k.Compiling.TotalSeconds):F1} s, driver without its cache {kernels.Sum(k => k.Driver.TotalSeconds):F1} s");
        bench.Measure("kernels.local", kernels.Max(k => k.Needs?.LocalBytes ?? double.NaN));
    }
}
