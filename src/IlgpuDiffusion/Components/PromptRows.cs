using IlgpuDiffusion.Text;

namespace IlgpuDiffusion.Components;

/// <summary>Texts to tokens for text encoders that run side by side.</summary>
internal static class PromptRows
{
    /// <summary>For each encoder the texts as tokens, all brought to the number of chunks of the longest.</summary>
    /// <param name="encoders">Each encoder's tokenizer, and which of a text's two forms it reads.</param>
    /// <param name="request">The texts.</param>
    public static IReadOnlyList<IReadOnlyList<PromptTokens>> Of(IReadOnlyList<(ClipTokenizer Tokenizer, bool Second)> encoders, ConditioningRequest request)
    {
        PromptChunker[] chunkers = [.. encoders.Select(encoder => new PromptChunker(request.Adapters.Tokenizer(encoder.Tokenizer), request.Prompts))];
        PromptTokens[][] all = [.. encoders.Select((encoder, i) => request.Texts.Select(text => Chunk(chunkers[i], text, encoder.Second)).ToArray())];
        int chunks = all.Select(texts => texts.Max(text => text.Chunks.Count)).Append(request.LeastChunks).Max();
        return [.. all.Select((texts, i) => (IReadOnlyList<PromptTokens>)[.. texts.Select(text => chunkers[i].Extend(text, chunks))])];
    }

    /// <summary>The texts as T5 takes them, each of as many tokens.</summary>
    public static IReadOnlyList<PromptTokens> Of(T5Tokenizer tokenizer, int tokens, ConditioningRequest request) =>
        [.. request.Texts.Select(text => Named(text, () => T5Prompts.Of(tokenizer, text.Text, tokens, request.Prompts)))];

    private static PromptTokens Chunk(PromptChunker chunker, ConditioningText text, bool second) => Named(text, () => chunker.Chunk(second ? text.Second ?? text.Text : text.Text));

    private static PromptTokens Named(ConditioningText text, Func<PromptTokens> read)
    {
        try
        {
            return read();
        }
        catch (FormatException e)
        {
            throw new FormatException($"{text.Name}: {e.Message}", e);
        }
    }
}
