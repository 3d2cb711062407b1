using System.Diagnostics;
using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Perf.OnGpu.Steps;

/// <summary>A whole network with random weights: one evaluation with and without recorded launches, beside torch, and where its time goes.</summary>
/// <param name="name">unet-sd15, unet-sdxl or vae.</param>
internal sealed class NetworkStep(string name) : GpuStep(name, name switch { "unet-sd15" => "UNet of SD 1.5", "unet-sdxl" => "UNet of SDXL's size", _ => "VAE decoder" }, 180)
{
    private const int Slowest = 10;

    /// <inheritdoc/>
    public override void Run(GpuBench bench)
    {
        NetworkSize size = NetworkSize.Of(Name, bench.Quick);
        using Torch torch = new(bench, size.Peer);
        (WeightStore weights, ComponentConfig config) = size.Load(bench.Fast);
        using WeightStore owned = weights;
        double? single = null;

        // SDXL's weights are not brought to the device twice.
        if (Name != "unet-sdxl")
        {
            bench.Try(Name, "launches one by one", () =>
            {
                using GpuNetwork network = new(bench.Open(graphs: false), size.Recipe, weights, config, bench.Fast);
                single = Measure(bench, network, "launches one by one");
            });
        }

        GpuDevice device = bench.Open(graphs: true);
        using GpuNetwork ours = new(device, size.Recipe, weights, config, bench.Fast);
        MemoryReport memory = ours.Executable.Memory;
        bench.Say(size.Words, $"{bench.Fast}, {weights.Bytes / 1e9:F2} GB of weights, ready in {ours.LoadTime.TotalSeconds:F1} s; {Report.MiB(memory.Arena)} of activations; {ours.Launches.Count} launches, {ours.Launches.Sum(l => (double)l.Work.Flops) / 1e12:F3} TFLOP");
        if (!ours.IsFinite())
        {
            bench.Fail(Name, "result", "it holds values that are not finite");
        }

        double best = Measure(bench, ours, device.CreateReplay() is null ? "again: the device records no launches" : "launches recorded");
        Overhead(bench, ours, best);
        bench.Try(Name, "torch", () => Compare(bench, torch, size, ours, best));
        bench.Try("", "profile", () => Profile(bench, ours));
        bench.Try("", "kernels", () => Kernels(bench, device));

        // Compiling may take longer than this step has.
        bench.Try(Name, "torch.compile", () => CompareCompiled(bench, torch, size, ours));
        bench.Say("clocks", GpuClocks.Read() ?? "not to be read");
    }

    private double Measure(GpuBench bench, GpuNetwork network, string how)
    {
        (double seconds, double queueing) = network.Measure(bench.TimerOf(network));
        double flops = network.Launches.Sum(l => (double)l.Work.Flops);
        bench.Row("one evaluation", how, new() { ["ms"] = seconds * 1e3, ["ms of the host"] = queueing * 1e3, ["TFLOP/s"] = flops / seconds / 1e12 });
        return seconds;
    }

    // What as many launches cost that do nothing, queued in the same way.
    private void Overhead(GpuBench bench, GpuNetwork network, double seconds)
    {
        (double Seconds, double) empty = CeilingsStep.Launch(bench, recorded: true) ?? CeilingsStep.Launch(bench, recorded: false)!.Value;
        double share = empty.Seconds * network.Launches.Count / seconds;
        bench.Say("launch overhead", $"{network.Launches.Count} launches of {empty.Seconds * 1e6:F2} µs are {share:P1} of an evaluation");
        if (!bench.Quick)
        {
            bench.Measure($"{Name}.overhead", share);
        }
    }

    private void Compare(GpuBench bench, Torch torch, NetworkSize size, GpuNetwork network, double seconds)
    {
        if (torch.Wait(bench) is not { } peer)
        {
            return;
        }

        GpuTimer timer = bench.TimerOf(network);
        (double ours, double theirs) = Torch.Turns(bench, peer, size.Kind, () => network.Measure(timer).Seconds);
        bench.Row("one evaluation", "ours, in turns with torch", new() { ["ms"] = ours * 1e3 });
        bench.Row("one evaluation", "torch", new() { ["ms"] = theirs * 1e3, ["ours as fast"] = theirs / ours }, "eager; with the text's keys and values, which ours computes once a request");
        if (bench.Options.Kind == GpuKind.Cuda && !bench.Quick)
        {
            bench.Measure($"{Name}.of-torch", theirs / Math.Max(ours, seconds));
        }
    }

    private void CompareCompiled(GpuBench bench, Torch torch, NetworkSize size, GpuNetwork network)
    {
        if (bench.Options.Kind != GpuKind.Cuda || torch.Wait(bench) is not { } peer)
        {
            return;
        }

        long start = Stopwatch.GetTimestamp();
        peer.Prepare(size.PeerCompiled);
        string ready = $"ready after {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s";
        GpuTimer timer = bench.TimerOf(network);
        (double ours, double theirs) = Torch.Turns(bench, peer, size.Compiled, () => network.Measure(timer).Seconds);
        bench.Row("one evaluation", "ours, in turns with torch.compile", new() { ["ms"] = ours * 1e3 });
        bench.Row("one evaluation", "torch.compile", new() { ["ms"] = theirs * 1e3, ["ours as fast"] = theirs / ours }, $"its default mode, recorded as a CUDA graph; {ready}");
        if (!bench.Quick)
        {
            bench.Measure($"{Name}.of-compiled", theirs / ours);
        }
    }

    private static void Profile(GpuBench bench, GpuNetwork network)
    {
        network.Profile();
        List<IReadOnlyList<LaunchTime>> runs = [.. Enumerable.Range(0, bench.Quick ? 1 : 3).Select(_ => network.Profile())];
        LaunchTime[] launches = [.. runs[0].Select((launch, i) => launch with { Time = TimeSpan.FromSeconds(Statistics.Median(runs.Select(run => run[i].Time.TotalSeconds))) })];
        double all = launches.Sum(l => l.Time.TotalSeconds);
        bench.Say("profile", $"{launches.Length} launches, {all * 1e3:F3} ms by the device's clock");
        foreach (IGrouping<string, LaunchTime> kind in launches.GroupBy(OpKind.Of).OrderByDescending(Seconds))
        {
            bench.Row("op", kind.Key, new() { ["launches"] = kind.Count(), ["ms"] = Seconds(kind) * 1e3, ["share"] = Seconds(kind) / all, ["TFLOP/s"] = kind.Sum(l => (double)l.Work.Flops) / Seconds(kind) / 1e12, ["GB/s"] = kind.Sum(l => (double)l.Work.Bytes) / Seconds(kind) / 1e9 });
        }

        foreach (LaunchTime launch in launches.OrderByDescending(l => l.Time).Take(Slowest))
        {
            bench.Row("slowest launch", $"{launch.Path} {OpKind.Of(launch)} {launch.Result}", new() { ["µs"] = launch.Time.TotalMicroseconds, ["TFLOP/s"] = launch.Work.Flops / launch.Time.TotalSeconds / 1e12 });
        }
    }

    private static double Seconds(IEnumerable<LaunchTime> launches) => launches.Sum(l => l.Time.TotalSeconds);

    private static void Kernels(GpuBench bench, GpuDevice device)
    {
        IReadOnlyList<KernelFact> kernels = device.Host.Kernels();
        bench.Say("kernels", $"{kernels.Count}, compiled and loaded in {kernels.Sum(k => k.Compiling.TotalSeconds):F1} s");
        foreach (KernelFact kernel in kernels)
        {
            bench.Kernel("kernel", kernel);
        }
    }
}
