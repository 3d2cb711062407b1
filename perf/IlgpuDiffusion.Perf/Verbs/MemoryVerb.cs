using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Pipelines;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>Peak memory of a picture in a process of its own, beside what the plan predicts.</summary>
internal static class MemoryVerb
{
    private const string ChildName = "memory-child";

    private sealed record Request(string Folder, int Size, int Steps, double? CfgScale, int Threads, bool Offload, long? MemoryLimit);

    private sealed record Peak(string Device, long WeightFiles, long Mapped, long Prepared, long Streamed, bool HoldsOne, long Arena, long Run, long Predicted, long HighWater, long MappedPages, long OwnPages, double Explained, double Seconds);

    /// <summary>The parent: writes the model, runs the child, reports.</summary>
    public static Command Create()
    {
        Option<string?> folder = new("--model") { Description = "A diffusers folder; one that is not there is written with the sizes of --like and stays, without a name it is a temporary one." };
        Option<string> like = new("--like") { Description = "The model whose sizes are taken.", DefaultValueFactory = _ => "sd15" };
        like.AcceptOnlyFromAmong([.. FullSizeModel.Names]);
        Option<ElementType> type = new("--type") { Description = "Type of the random weights.", DefaultValueFactory = _ => ElementType.F16 };
        Option<int> size = new("--size") { Description = "Width and height in pixels.", DefaultValueFactory = _ => 512 };
        Option<int> steps = new("--steps") { Description = "Steps; the peak does not depend on their number.", DefaultValueFactory = _ => 2 };
        Option<double?> guidance = new("--cfg-scale") { Description = "Guidance; 1 is none, with half the rows." };
        Option<int> threads = new("--threads", "-t") { Description = "Worker threads.", DefaultValueFactory = _ => CpuTopology.PhysicalCores };
        Option<bool> offload = new("--offload") { Description = "Holds one component's weights at a time." };
        Option<int?> limit = new("--memory-limit") { Description = "MiB that the device may allocate." };
        Command command = new("memory", "Peak memory of a picture against the plan's prediction.") { folder, like, type, size, steps, guidance, threads, offload, limit };
        command.SetAction(parsed =>
        {
            string name = parsed.GetRequiredValue(like);
            string? given = parsed.GetValue(folder);
            string where = given ?? Path.Combine(Path.GetTempPath(), $"ilgpu-diffusion-{name}-{parsed.GetValue(type)}-{Environment.ProcessId}");
            try
            {
                bool random = given is null || !File.Exists(Path.Combine(where, "model_index.json")) || FullSizeModel.Names.Contains(Path.GetFileName(where));
                FullSizeModel.Write(where, parsed.GetValue(type), name);
                Request request = new(Path.GetFullPath(where), parsed.GetValue(size), parsed.GetValue(steps), parsed.GetValue(guidance), parsed.GetValue(threads), parsed.GetValue(offload), (long?)parsed.GetValue(limit) << 20);
                Measure(request, name, random ? $"{FullSizeModel.Title(name)}'s sizes, random {parsed.GetValue(type)} weights" : Path.GetFileName(where));
            }
            finally
            {
                if (given is null && Directory.Exists(where))
                {
                    Directory.Delete(where, recursive: true);
                }
            }
        });
        return command;
    }

    /// <summary>The child: makes one picture and prints its own high-water mark.</summary>
    public static Command Child()
    {
        Argument<string> request = new("request");
        Command command = new(ChildName, "What memory runs in a process of its own.") { request };
        command.Hidden = true;
        command.SetAction((parsed, cancellation) => Generate(JsonSerializer.Deserialize<Request>(parsed.GetRequiredValue(request))!, cancellation));
        return command;
    }

    private static void Measure(Request request, string name, string model)
    {
        Report report = new($"memory{(name == "sd15" ? "" : $"-{name}")}{(request.Size == 512 ? "" : $"-{request.Size}")}{(request.Offload ? "-offload" : "")}", "Peak memory of a picture", Machine.Read());
        (string output, _) = ChildProcess.Run(ChildProcess.Self, ChildName, JsonSerializer.Serialize(request));
        Peak peak = JsonSerializer.Deserialize<Peak>(output)!;
        long predicted = peak.Predicted + MemoryPeak.Program;
        double off = ((double)peak.HighWater / predicted) - 1;
        report.Say($"One picture of {request.Size}² in a process of its own, {request.Steps} steps, guidance {(request.CfgScale is { } scale ? $"{scale}" : "the model's")}; {peak.Device}; {model}; weight files {Report.MiB(peak.WeightFiles)}{(request.MemoryLimit is { } limit ? $"; of memory {Report.MiB(limit)} may be used" : "")}.");
        report.Table(["what", "bytes"],
        [
            ["plan: weights used in their files' type", Report.MiB(peak.Mapped)],
            ["plan: weights packed at load", Report.MiB(peak.Prepared)],
            ["plan: weights read from their files by every evaluation", Report.MiB(peak.Streamed)],
            ["plan: arena", Report.MiB(peak.Arena)],
            ["plan: run", Report.MiB(peak.Run)],
            [$"plan: most at one time{(peak.HoldsOne ? ", one component's weights held" : "")}, and {Report.MiB(MemoryPeak.Program)} of the program itself", $"**{Report.MiB(predicted)}**"],
            ["high-water mark of the process (VmHWM)", $"**{Report.MiB(peak.HighWater)}**"],
            ["pages of mapped files at the end", Report.MiB(peak.MappedPages)],
            ["pages of its own at the end", Report.MiB(peak.OwnPages)],
        ]);
        report.Say(FormattableString.Invariant($"Measured over predicted: {off:+0.0 %;-0.0 %}, {(Math.Abs(off) <= 0.1 ? "within" : "NOT within")} 10 %. `explain` took {peak.Explained:0.00} s after the start of the process; the picture {Report.Digits(peak.Seconds)} s."));
        report.Number("peak", peak).Number("predicted", predicted).Number("off", off).Save();
    }

    private static async Task Generate(Request asked, CancellationToken cancellation)
    {
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(asked.Folder, new PipelineOptions { Threads = asked.Threads, Offload = asked.Offload, MemoryLimit = asked.MemoryLimit });
        GenerationRequest request = new() { Prompt = "a lighthouse on a cliff", Width = asked.Size, Height = asked.Size, Steps = asked.Steps, CfgScale = asked.CfgScale, Seed = 1 };
        Explanation plan = pipeline.Explain(request);
        double explained = (DateTime.Now - Process.GetCurrentProcess().StartTime).TotalSeconds;
        GenerationResult result = await pipeline.GenerateAsync(request, cancellationToken: cancellation);
        TimeSpan time = result.Times.Text + result.Times.Denoising + result.Times.Decoding;
        long files = Directory.EnumerateFiles(asked.Folder, "*.safetensors", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
        Console.WriteLine(JsonSerializer.Serialize(new Peak(
            pipeline.DeviceName, files, plan.MappedWeightBytes, plan.PreparedWeightBytes, plan.StreamedWeightBytes, plan.HoldsOneComponent, plan.ArenaBytes, plan.RunBytes, plan.PeakBytes,
            ProcessMemory.Peak, ProcessMemory.Mapped, ProcessMemory.Own, explained, time.TotalSeconds)));
    }
}
