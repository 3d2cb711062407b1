using System.Diagnostics;
using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Perf.OnGpu.Steps;

/// <summary>The device, and the kernels that SD 1.5 and SDXL load as its driver translates them.</summary>
internal sealed class FactsStep() : GpuStep("facts", "The device and its kernels", 60)
{
    private const string Table = "kernel";

    private static readonly string[] Models = ["unet-sd15", "unet-sdxl"];

    // What follows this step is worth more than every kernel's numbers.
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(45);

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
        if (bench.Options.Kind != GpuKind.Cuda)
        {
            bench.Say("kernels", "their registers are CUDA's to tell");
            return;
        }

        KernelRequest[] requests = [.. Models.SelectMany(model => Requests(bench, model)).DistinctBy(request => request.Method)];
        List<KernelFact> kernels = [];
        List<string> left = [];
        foreach (KernelRequest request in requests)
        {
            if (Stopwatch.GetElapsedTime(start) > Enough)
            {
                left.Add(request.Name);
                continue;
            }

            bench.Try(Table, request.Name, () =>
            {
                kernels.Add(host.Measure(request));
                bench.Kernel(Table, kernels[^1]);
            });
        }

        if (left.Count > 0)
        {
            bench.Say("not compiled here, for lack of time", string.Join(", ", left));
        }

        if (kernels.Count == 0)
        {
            return;
        }

        bench.Say($"{kernels.Count} of {requests.Length} kernels", $"ILGPU {kernels.Sum(k => k.Compiling.TotalSeconds):F1} s, driver without its cache {kernels.Sum(k => k.Driver.TotalSeconds):F1} s");
        bench.Measure("kernels.local", kernels.Max(k => k.Needs?.LocalBytes ?? double.NaN));
    }

    // A device that leaves its kernels out says which it was asked for.
    private static IReadOnlyList<KernelRequest> Requests(GpuBench bench, string model)
    {
        NetworkSize size = NetworkSize.Of(model, bench.Quick);
        (WeightStore weights, ComponentConfig config) = size.Load(bench.Fast, shapesOnly: true);
        using WeightStore owned = weights;
        using GpuDevice device = GpuDevice.Open(bench.Options.Kind, new GpuDeviceOptions { LeavesOutKernels = true });
        Value result = size.Recipe.Build(new ModelBuilder(new Graph(), weights), config);
        Executable.Compile([new Variant(result)], device, new CompileOptions { Type = bench.Fast }).LoadKernels();
        return device.Host.Requests();
    }
}
