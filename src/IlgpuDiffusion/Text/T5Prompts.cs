namespace IlgpuDiffusion.Text;

/// <summary>Prompts as T5 takes them: one run of a number of tokens, what is too long cut off, weights for each token.</summary>
internal static class T5Prompts
{
    /// <summary>A prompt's tokens.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="length">The number of tokens, the end token included.</param>
    /// <param name="options">How the text is read.</param>
    /// <exception cref="FormatException">A weight in the prompt is not a number.</exception>
    public static PromptTokens Of(T5Tokenizer tokenizer, string prompt, int length, PromptOptions options)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(options);
        IReadOnlyList<PromptPart> parts = options.Syntax == PromptSyntax.Plain ? [new PromptPart(prompt, 1)] : [.. PromptParser.Parse(prompt).Where(part => !part.IsBreak)];
        int[] ids = new int[length];
        float[] weights = new float[length];
        Array.Fill(ids, tokenizer.PadId);
        Array.Fill(weights, 1f);
        int count = 0, all = 0;
        foreach (PromptPart part in parts)
        {
            foreach (int id in tokenizer.Encode(part.Text))
            {
                all++;
                if (count < length - 1)
                {
                    (ids[count], weights[count]) = (id, (float)part.Weight);
                    count++;
                }
            }
        }

        ids[count] = tokenizer.EndId;
        return new PromptTokens([new TokenChunk(ids, weights)]) { Dropped = all - count };
    }
}
