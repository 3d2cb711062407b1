namespace IlgpuDiffusion.Text;

/// <summary>A prompt as chunks of ids and weights: of 77 for CLIP, one of any length for T5.</summary>
/// <param name="Chunks">The chunks, at least one.</param>
internal sealed record PromptTokens(IReadOnlyList<TokenChunk> Chunks)
{
    /// <summary>How many tokens of the text were cut off; 0 for CLIP unless the prompt was read as <see cref="PromptSyntax.Plain"/>.</summary>
    public int Dropped { get; init; }

    /// <summary>Whether any weight is not 1.</summary>
    public bool IsWeighted => Chunks.Any(chunk => chunk.IsWeighted);

    /// <summary>All ids in order, [chunks × tokens].</summary>
    public int[] Ids() => [.. Chunks.SelectMany(chunk => chunk.Ids)];

    /// <summary>All weights in order, [chunks × tokens].</summary>
    public float[] Weights() => [.. Chunks.SelectMany(chunk => chunk.Weights)];
}
