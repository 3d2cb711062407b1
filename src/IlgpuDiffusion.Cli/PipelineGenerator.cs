using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Imaging;

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
    public ResolvedSettings Check(GenerationRequest request)
    {
        Explanation e = _pipeline.Explain(request);
        return new ResolvedSettings(e.Width, e.Height, e.Steps, e.Evaluations, e.Sampler, e.Schedule, e.CfgScale, e.Warnings);
    }

    public Task<GenerationResult> GenerateAsync(GenerationRequest request, IProgress<GenerationProgress> progress, Action<Image>? preview, CancellationToken cancellation) => _pipeline.GenerateAsync(
        request,
        e =>
        {
            switch (e)
            {
                case StepEvent step:
                    progress.Report(step.Progress);
                    break;
                case PreviewEvent shown:
                    preview?.Invoke(shown.Image);
                    break;
            }
        },
        cancellation);

    public ValueTask DisposeAsync() => _pipeline.DisposeAsync();
}
