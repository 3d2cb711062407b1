using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cli;

/// <summary>The pipeline as the command line uses it.</summary>
internal sealed class PipelineGenerator : IGenerator
{
    // What is known of a device is good enough for a budget, and how long is measured before the first picture where it is not.
    private const double MeasuredEnough = 0.9;
    private static readonly TimeSpan MostMeasuring = TimeSpan.FromSeconds(20);

    private readonly DiffusionPipeline _pipeline;
    private readonly Dictionary<GenerationRequest, PlannedRequest> _checked = [];

    private PipelineGenerator(DiffusionPipeline pipeline) => _pipeline = pipeline;

    /// <summary>Opened, not loaded: the request brings in what it needs, so no graph of a size that nobody asked for is prepared.</summary>
    public static PipelineGenerator Open(string model, PipelineOptions options) => new(DiffusionPipeline.Open(model, options));

    public string Device => $"{_pipeline.DeviceName}, activations in {_pipeline.Type.StorageName()}";

    // What is checked is resolved once, and the graphs that explaining compiles are kept and run afterwards.
    public ResolvedSettings Check(GenerationRequest request)
    {
        Explanation e = (_checked[request] = _pipeline.Plan(request)).Explain();
        return new ResolvedSettings(e.Width, e.Height, e.Steps, e.Evaluations, e.Sampler, e.Schedule, e.CfgScale, e.Warnings)
        {
            ExpectedSeconds = e.Expected.Total.TotalSeconds / e.Images,
            Choice = e.Choice?.ToString(),
            Decoding = e.Decoding is { } decoding ? DecodingText.Of(decoding) : null,
        };
    }

    public Task MeasureAsync(GenerationRequest request, IProgress<CalibrationProgress> progress, CancellationToken cancellation) =>
        MeasureAsync(_pipeline, request, progress, cancellation);

    /// <summary>Times what a request would launch where too little of it is known.</summary>
    public static Task MeasureAsync(DiffusionPipeline pipeline, GenerationRequest request, IProgress<CalibrationProgress> progress, CancellationToken cancellation) =>
        pipeline.Explain(request with { Budget = null, Policy = null }).MeasuredShare > MeasuredEnough ? Task.CompletedTask : pipeline.MeasureAsync(request with { Policy = null }, MostMeasuring, progress, cancellation);

    public Task GenerateAsync(GenerationRequest request, Action<GenerationEvent> report, CancellationToken cancellation) =>
        (_checked.GetValueOrDefault(request) ?? _pipeline.Plan(request)).GenerateAsync(report, cancellation);

    public ValueTask DisposeAsync() => _pipeline.DisposeAsync();
}
