using System.Text.Json;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Sampling;

/// <summary>One row of goldens/schedulers/index.json.</summary>
internal sealed record SchedulerCase(string Name, string Scheduler, int Steps, string File, JsonElement Config, JsonElement Extra)
{
    /// <summary>Classes of families that the product does not have yet.</summary>
    private static readonly HashSet<string> LaterClasses =
    [
        "DDPMScheduler", "KDPM2DiscreteScheduler", "KDPM2AncestralDiscreteScheduler", "DEISMultistepScheduler", "LCMScheduler", "TCDScheduler",
        "FlowMatchEulerDiscreteScheduler", "FlowMatchHeunDiscreteScheduler",
    ];

    public static IReadOnlyList<SchedulerCase> All { get; } = Read();

    /// <summary>The cases that the product has to follow.</summary>
    public static IReadOnlyList<SchedulerCase> Supported { get; } = [.. All.Where(row => !row.IsLater)];

    /// <summary>Whether the case belongs to a later family; flow matching also comes as a setting of earlier classes.</summary>
    public bool IsLater => LaterClasses.Contains(Scheduler) || (Config.TryGetProperty("use_flow_sigmas", out JsonElement flow) && flow.GetBoolean());

    public GoldenTensors Tensors => GoldenTensors.Find($"schedulers/{File}");

    public SchedulerConfig Settings => SchedulerConfig.Parse(Config.GetRawText(), File) with { ClassName = Scheduler };

    public ISampler Sampler => SamplerCatalogue.Resolve(Scheduler).Entry.Create(Settings, Extra.TryGetProperty("eta", out JsonElement eta) ? eta.GetDouble() : null);

    public SamplingProgram Trace(int first = 0)
    {
        ISampler sampler = Sampler;
        return SamplingProgram.Trace(sampler, NoiseSchedule.Create(Settings, sampler, Steps), first);
    }

    private static SchedulerCase[] Read()
    {
        using JsonDocument index = JsonDocument.Parse(System.IO.File.ReadAllText(Golden.Find("schedulers/index.json")));
        return [.. index.RootElement.GetProperty("cases").EnumerateArray().Select(row => new SchedulerCase(
            row.GetProperty("name").GetString()!,
            row.GetProperty("scheduler").GetString()!,
            row.GetProperty("steps").GetInt32(),
            row.GetProperty("file").GetString()!,
            row.GetProperty("config").Clone(),
            row.GetProperty("extra").Clone()))];
    }
}
