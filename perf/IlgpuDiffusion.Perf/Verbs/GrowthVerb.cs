using System.CommandLine;
using System.Text.Json;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>Time and peak memory of a UNet evaluation and a VAE decoding as the picture grows, each in a process of its own.</summary>
internal static class GrowthVerb
{
    private const string ChildName = "growth-child";

    /// <summary>The parent: runs a child for each size, reports.</summary>
    public static Command Create()
    {
        Option<int[]> sizes = new("--sizes") { Description = "Widths and heights in pixels.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [512, 768, 1024, 1536, 2048] };
        Option<int> threads = new("--threads", "-t") { Description = "Worker threads.", DefaultValueFactory = _ => CpuTopology.PhysicalCores };
        Command command = new("growth", "Time and memory of SD 1.5's UNet (two rows) and VAE decoder by picture size, exact attention.") { sizes, threads };
        command.SetAction(parsed => Measure(parsed.GetRequiredValue(sizes), parsed.GetValue(threads)));
        return command;
    }

    /// <summary>The child: evaluates one network at one size.</summary>
    public static Command Child()
    {
        Argument<string> network = new("network");
        Argument<int> size = new("size"), threads = new("threads");
        Command command = new(ChildName, "What growth runs in a process of its own.") { network, size, threads };
        command.Hidden = true;
        command.SetAction(parsed => Evaluate(parsed.GetRequiredValue(network), parsed.GetValue(size), parsed.GetValue(threads)));
        return command;
    }

    private static void Measure(int[] sizes, int threads)
    {
        Machine machine = Machine.Read();
        Report report = new("growth", "Growth with the picture's size", machine);
        report.Say($"SD 1.5's sizes, random F16 weights, {threads} threads. A UNet evaluation has two rows; attention is exact. The peak is the process's high-water mark (VmHWM) less the unpacked copy of the random weights, which a model on disk does not have.");
        List<GrowthResult> results = [];
        foreach (string network in (string[])["unet", "vae"])
        {
            foreach (int size in sizes)
            {
                (string output, _) = ChildProcess.Run(ChildProcess.Self, ChildName, network, $"{size}", $"{threads}");
                results.Add(JsonSerializer.Deserialize<GrowthResult>(output)!);
                Console.WriteLine(results[^1]);
            }
        }

        report.Table(
            ["network", "picture", "seconds", "TFLOP", "GFLOP/s", "plan", "peak"],
            results.Select(r => (string[])[r.Network, $"{r.Size}²", Report.Digits(r.Seconds), Report.Digits(r.Flops / 1e12), Report.Digits(r.Flops / r.Seconds / 1e9, 0), Report.MiB(r.Planned), Report.MiB(r.Peak)]));
        report.Number("threads", threads).Number("growth", results).Save();
    }

    private static void Evaluate(string network, int size, int threads)
    {
        NetworkRecipe recipe = network == "unet" ? Recipes.Unet(size / 8, 2) : Recipes.Vae(size / 8, 1);
        using ProductNetwork ours = ProductNetwork.Random(recipe, ModelKeys.Read("sd15", recipe.Component), ElementType.F16, threads);
        ours.Evaluate(0);

        // Once warm; small ones several times.
        List<double> seconds = [ours.Evaluate(1).Seconds];
        for (int i = 0; i < 4 && seconds.Sum() < 20; i++)
        {
            seconds.Add(ours.Evaluate(i + 2).Seconds);
        }

        MemoryReport memory = ours.Executable.Memory;
        long planned = memory.Weights + memory.Prepared + memory.Arena + memory.Run;
        Console.WriteLine(JsonSerializer.Serialize(new GrowthResult(network, size, Statistics.Median(seconds), ours.Flops, planned, ProcessMemory.Peak - ours.WeightBytes)));
    }
}
