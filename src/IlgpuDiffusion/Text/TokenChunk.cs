namespace IlgpuDiffusion.Text;

/// <summary>What one run of a text encoder takes.</summary>
/// <param name="Ids">The ids; CLIP's are 77: begin token, up to 75 tokens of text, end token, padding.</param>
/// <param name="Weights">The weight of each position's embedding.</param>
internal sealed record TokenChunk(int[] Ids, float[] Weights)
{
    /// <summary>Whether any weight is not 1.</summary>
    public bool IsWeighted => Weights.AsSpan().ContainsAnyExcept(1f);
}
