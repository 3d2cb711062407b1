namespace IlgpuDiffusion;

/// <summary>What a request gave.</summary>
public sealed record GenerationResult
{
    /// <summary>The pictures, in the order of their seeds.</summary>
    public required IReadOnlyList<GeneratedImage> Images { get; init; }
}
