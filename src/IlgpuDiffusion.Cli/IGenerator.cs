namespace IlgpuDiffusion.Cli;

/// <summary>A loaded model; the pipeline, or a test's.</summary>
internal interface IGenerator : IAsyncDisposable
{
    Task<GenerationResult> GenerateAsync(GenerationRequest request, IProgress<GenerationProgress> progress, CancellationToken cancellation);
}
