using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cli;

/// <summary>The pipeline as the command line uses it.</summary>
internal sealed class PipelineGenerator : IGenerator
{
    private readonly DiffusionPipeline _pipeline;

    private PipelineGenerator(DiffusionPipeline pipeline) => _pipeline = pipeline;

    /// <summary>Opened, not loaded: the request brings in what it needs, so no graph of a size that nobody asked for is prepared.</summary>
    public static PipelineGenerator Open(string model, PipelineOptions options) => new(DiffusionPipeline.Open(model, options));

    public string Device => $"{_pipeline.DeviceName}, activations in {_pipeline.Type.StorageName()}";

    // The graphs that explaining compiles are kept and run afterwards.
    public IReadOnlyList<string> Check(GenerationRequest request) => _pipeline.Explain(request).Warnings;

    public Task<GenerationResult> GenerateAsync(GenerationRequest request, IProgress<GenerationProgress> progress, CancellationToken cancellation) =>
        _pipeline.GenerateAsync(request, progress, cancellation);

    public ValueTask DisposeAsync() => _pipeline.DisposeAsync();
}
