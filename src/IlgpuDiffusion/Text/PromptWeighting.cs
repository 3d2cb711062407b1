namespace IlgpuDiffusion.Text;

/// <summary>Brings a prompt's weights onto its embeddings, in float32 and in stable-diffusion-webui's order.</summary>
internal static class PromptWeighting
{
    /// <summary>Weighs the embeddings of a prompt in place.</summary>
    /// <param name="embeddings">The text encoder's output for the chunks in order, [chunks × tokens, C].</param>
    /// <param name="prompt">The chunks and their weights.</param>
    /// <param name="emphasis">Whether each chunk's mean is restored.</param>
    public static void Apply(Span<float> embeddings, PromptTokens prompt, Emphasis emphasis)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        int chunks = prompt.Chunks.Count, tokens = prompt.Chunks[0].Ids.Length;
        if (embeddings.Length == 0 || embeddings.Length % (chunks * tokens) != 0)
        {
            throw new ArgumentException($"The embeddings have {embeddings.Length} values, which is no multiple of {chunks} chunks × {tokens} tokens.", nameof(embeddings));
        }

        int size = embeddings.Length / chunks;
        for (int i = 0; i < chunks; i++)
        {
            // Weights of 1 change nothing, and leave the mean as it is.
            if (prompt.Chunks[i].IsWeighted)
            {
                ApplyChunk(embeddings.Slice(i * size, size), prompt.Chunks[i].Weights, emphasis);
            }
        }
    }

    private static void ApplyChunk(Span<float> chunk, float[] weights, Emphasis emphasis)
    {
        float before = Mean(chunk);
        int channels = chunk.Length / weights.Length;
        for (int i = 0; i < weights.Length; i++)
        {
            Scale(chunk.Slice(i * channels, channels), weights[i]);
        }

        if (emphasis == Emphasis.Original)
        {
            // A new mean of exactly 0 leaves nothing to restore; dividing by it would blacken the picture.
            float ratio = before / Mean(chunk);
            Scale(chunk, float.IsFinite(ratio) ? ratio : 1f);
        }
    }

    private static void Scale(Span<float> values, float factor)
    {
        foreach (ref float value in values)
        {
            value *= factor;
        }
    }

    private static float Mean(ReadOnlySpan<float> values)
    {
        // In double, so that the order of the sum does not show.
        double sum = 0;
        foreach (float value in values)
        {
            sum += value;
        }

        return (float)(sum / values.Length);
    }
}
