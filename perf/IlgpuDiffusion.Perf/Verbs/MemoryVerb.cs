using System.CommandLine;
using System.Text.Json;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>Peak memory of a picture in a process of its own, beside what the plan predicts.</summary>
internal static class MemoryVerb
{
    private const string ChildName = "memory-child";
    private const long Allowance = 200_000_000;
    private const long Limit = 4_000_000_000;

    private sealed record Peak(string Device, long WeightFiles, long Mapped, long Prepared, long Arena, long Run, long HighWater, long MappedPages, long OwnPages, double Seconds);

    /// <summary>The parent: writes the model, runs the child, reports.</summary>
    public static Command Create()
    {
        Option<string?> model = new("--model") { Description = "A diffusers folder; by default SD 1.5's sizes with random weights, written to a temporary folder." };
        Option<ElementType> type = new("--type") { Description = "Type of the random weights.", DefaultValueFactory = _ => ElementType.F16 };
        Option<int> size = new("--size") { Description = "Width and height in pixels.", DefaultValueFactory = _ => 512 };
        Option<int> steps = new("--steps") { Description = "Steps; the peak does not depend on their number.", DefaultValueFactory = _ => 2 };
        Option<int> threads = new("--threads", "-t") { Description = "Worker threads.", DefaultValueFactory = _ => CpuTopology.PhysicalCores };
        Command command = new("memory", "Peak memory of a picture against the plan's prediction.") { model, type, size, steps, threads };
        command.SetAction(parsed => Measure(parsed.GetValue(model), parsed.GetValue(type), parsed.GetValue(size), parsed.GetValue(steps), parsed.GetValue(threads)));
        return command;
    }

    /// <summary>The child: makes one picture and prints its own high-water mark.</summary>
    public static Command Child()
    {
        Argument<string> folder = new("folder");
        Argument<int> size = new("size"), steps = new("steps"), threads = new("threads");
        Command command = new(ChildName, "What memory runs in a process of its own.") { folder, size, steps, threads };
        command.Hidden = true;
        command.SetAction((parsed, cancellation) => Generate(parsed.GetRequiredValue(folder), parsed.GetValue(size), parsed.GetValue(steps), parsed.GetValue(threads), cancellation));
        return command;
    }

    private static void Measure(string? model, ElementType type, int size, int steps, int threads)
    {
        Machine machine = Machine.Read();
        string folder = model ?? Path.Combine(Path.GetTempPath(), $"ilgpu-diffusion-sd15-{type}-{Environment.ProcessId}");
        try
        {
            if (model is null)
            {
                FullSizeModel.Write(folder, type);
            }

            (string output, _) = ChildProcess.Run(ChildProcess.Self, ChildName, Path.GetFullPath(folder), $"{size}", $"{steps}", $"{threads}");
            Describe(new Report("memory", "Peak memory of a picture", machine), JsonSerializer.Deserialize<Peak>(output)!, Path.GetFileName(model) ?? $"Stable Diffusion 1.5's sizes, random {type} weights", size);
        }
        finally
        {
            if (model is null && Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static void Describe(Report report, Peak peak, string model, int size)
    {
        // The stricter reading of the bound: a packed weight is not counted a second time as a mapped one.
        long predicted = peak.Mapped + peak.Prepared + peak.Arena + peak.Run, bound = predicted + Allowance;
        report.Say($"One picture of {size}² in a process of its own; {peak.Device}; {model}; weight files {Report.MiB(peak.WeightFiles)}.");
        report.Table(["what", "bytes"],
        [
            ["plan: weights used in their files' type", Report.MiB(peak.Mapped)],
            ["plan: weights packed at load", Report.MiB(peak.Prepared)],
            ["plan: arena", Report.MiB(peak.Arena)],
            ["plan: run", Report.MiB(peak.Run)],
            ["plan in all", Report.MiB(predicted)],
            ["**high-water mark of the process (VmHWM)**", $"**{Report.MiB(peak.HighWater)}**"],
            ["pages of mapped files at the end", Report.MiB(peak.MappedPages)],
            ["pages of its own at the end", Report.MiB(peak.OwnPages)],
        ]);
        report.Say($"Bound, plan + {Report.MiB(Allowance)}: {Report.MiB(bound)}, {(peak.HighWater <= bound ? "held" : "NOT held")}. Under {Report.MiB(Limit)}: {(peak.HighWater < Limit ? "yes" : "NO")}. The picture took {Report.Digits(peak.Seconds)} s.");
        report.Number("peak", peak).Number("predicted", predicted).Number("bound", bound).Save();
    }

    private static async Task Generate(string folder, int size, int steps, int threads, CancellationToken cancellation)
    {
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(folder, new PipelineOptions { Threads = threads });
        GenerationRequest request = new() { Prompt = "a lighthouse on a cliff", Width = size, Height = size, Steps = steps, Seed = 1 };
        Explanation plan = pipeline.Explain(request);
        GenerationResult result = await pipeline.GenerateAsync(request, cancellationToken: cancellation);
        TimeSpan time = result.Times.Text + result.Times.Denoising + result.Times.Decoding;
        long files = Directory.EnumerateFiles(folder, "*.safetensors", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
        Console.WriteLine(JsonSerializer.Serialize(new Peak(pipeline.DeviceName, files, plan.MappedWeightBytes, plan.PreparedWeightBytes, plan.ArenaBytes, plan.RunBytes, ProcessMemory.Peak, ProcessMemory.Mapped, ProcessMemory.Own, time.TotalSeconds)));
    }
}
