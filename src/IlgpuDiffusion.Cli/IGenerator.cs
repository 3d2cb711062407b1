namespace IlgpuDiffusion.Cli;

/// <summary>A loaded model; the pipeline, or a test's.</summary>
internal interface IGenerator : IAsyncDisposable
{
    /// <summary>The device, and the type in which it stores activations.</summary>
    string Device { get; }

    /// <summary>Throws where the model refuses the request, before its weights are read.</summary>
    /// <returns>What will be done otherwise than asked.</returns>
    IReadOnlyList<string> Check(GenerationRequest request);

    Task<GenerationResult> GenerateAsync(GenerationRequest request, IProgress<GenerationProgress> progress, CancellationToken cancellation);
}
