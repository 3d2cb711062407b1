namespace IlgpuDiffusion.Cli;

/// <summary>A loaded model; the pipeline, or a test's.</summary>
internal interface IGenerator : IAsyncDisposable
{
    /// <summary>The device, and the type in which it stores activations.</summary>
    string Device { get; }

    /// <summary>Throws where the model refuses the request, before its weights are read.</summary>
    /// <returns>What the request comes to.</returns>
    ResolvedSettings Check(GenerationRequest request);

    /// <summary>Times what a request with a budget would launch, where that is not known.</summary>
    Task MeasureAsync(GenerationRequest request, IProgress<CalibrationProgress> progress, CancellationToken cancellation);

    /// <summary>Paints the pictures of a request.</summary>
    /// <param name="request">What to paint.</param>
    /// <param name="report">Is told of every step, preview and picture, before what follows it is painted.</param>
    /// <param name="cancellation">Leaves the generator usable.</param>
    Task GenerateAsync(GenerationRequest request, Action<GenerationEvent> report, CancellationToken cancellation);
}

/// <summary>A request with the model's defaults filled in, and what will be done otherwise than asked.</summary>
internal sealed record ResolvedSettings(int Width, int Height, int Steps, int Evaluations, string Sampler, string? Scheduler, double CfgScale, IReadOnlyList<string> Warnings)
{
    /// <summary>The seconds that a picture is expected to take.</summary>
    public double ExpectedSeconds { get; init; }

    /// <summary>What was chosen for a budget, in one sentence; null without one.</summary>
    public string? Choice { get; init; }

    /// <summary>How pictures are decoded in parts, in one sentence; null where they are decoded at once.</summary>
    public string? Decoding { get; init; }
}
