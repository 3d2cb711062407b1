namespace IlgpuDiffusion.Cli;

/// <summary>The pipeline as the command line uses it.</summary>
internal sealed class PipelineGenerator : IGenerator
{
    private readonly DiffusionPipeline _pipeline;

    private PipelineGenerator(DiffusionPipeline pipeline) => _pipeline = pipeline;

    public static async Task<IGenerator> LoadAsync(string model, PipelineOptions options, IProgress<LoadProgress> progress, CancellationToken cancellation) =>
        new PipelineGenerator(await DiffusionPipeline.LoadAsync(model, options, progress, cancellation).ConfigureAwait(false));

    public Task<GenerationResult> GenerateAsync(GenerationRequest request, IProgress<GenerationProgress> progress, CancellationToken cancellation) =>
        _pipeline.GenerateAsync(request, progress, cancellation);

    public ValueTask DisposeAsync() => _pipeline.DisposeAsync();
}
