using System.Text.Json;
using System.Text.Json.Nodes;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Sampling;

/// <summary>One row of goldens/schedulers/index.json.</summary>
internal sealed record SchedulerCase(string Name, string Scheduler, int Steps, string File, JsonElement Config, JsonElement Extra)
{
    /// <summary>Classes of families that the product does not have yet.</summary>
    private static readonly HashSet<string> LaterClasses =
    [
        "DDPMScheduler", "KDPM2DiscreteScheduler", "KDPM2AncestralDiscreteScheduler", "DEISMultistepScheduler",
    ];

    public static IReadOnlyList<SchedulerCase> All { get; } = Read();

    /// <summary>The cases that the product has to follow.</summary>
    public static IReadOnlyList<SchedulerCase> Supported { get; } = [.. All.Where(row => !row.IsLater)];

    /// <summary>Whether the case belongs to a later family; flow matching also comes as a setting of earlier classes.</summary>
    public bool IsLater => LaterClasses.Contains(Scheduler) || (Config.TryGetProperty("use_flow_sigmas", out JsonElement flow) && flow.GetBoolean());

    public GoldenTensors Tensors => GoldenTensors.Find($"schedulers/{File}");

    public SchedulerConfig Settings => Extras(SchedulerConfig.Parse(JsonNode.Parse(Config.GetRawText()) is JsonObject fields ? With(fields, Scheduler) : "", File));

    public ISampler Sampler => SamplerCatalogue.Resolve(Scheduler).Entry.Create(Settings, Extra.TryGetProperty("eta", out JsonElement eta) ? eta.GetDouble() : null);

    public SamplingProgram Trace(int first = 0)
    {
        ISampler sampler = Sampler;
        return SamplingProgram.Trace(sampler, NoiseSchedule.Create(Settings, sampler, Steps), first);
    }

    private static string With(JsonObject fields, string scheduler)
    {
        fields["_class_name"] = scheduler;
        return fields.ToJsonString();
    }

    // What a pipeline gives its scheduler beside the configuration.
    private SchedulerConfig Extras(SchedulerConfig config) => config.Trained is not FlowNoise flow ? config
        : Extra.TryGetProperty("mu", out JsonElement mu) ? config with { Trained = flow with { Mu = mu.GetDouble() } }
        : Extra.TryGetProperty("flux_tokens", out JsonElement tokens) ? config with { Trained = (flow with { EndsAtStep = true }).For(tokens.GetInt32()) }
        : config;

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
