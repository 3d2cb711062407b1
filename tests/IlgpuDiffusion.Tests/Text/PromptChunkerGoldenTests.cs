using System.Text.Json;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Text.Tests;

[TestClass]
public sealed class PromptChunkerGoldenTests
{
    private static readonly GoldenTensors File = GoldenTensors.Find("models/sd15-prompts.golden.safetensors");

    private static readonly ClipTokenizer Tokenizer = ClipTokenizer.Load(Golden.Find("models/sd15/tokenizer"));

    [TestMethod]
    public void EveryRecordedPromptHasTheReferencesIdsAndWeights()
    {
        using JsonDocument calls = JsonDocument.Parse(File.Metadata["calls"]);
        PromptChunker chunker = new(Tokenizer, new PromptOptions { CommaBacktrack = calls.RootElement.GetProperty("comma_padding_backtrack").GetInt32() });
        foreach ((int i, string text) in Texts(calls).Index())
        {
            PromptTokens prompt = chunker.Chunk(text);
            CollectionAssert.AreEqual(File.Shape($"{i}.ids"), new long[] { prompt.Chunks.Count, ClipTokenizer.ContextLength }, text);
            CollectionAssert.AreEqual(File.Longs($"{i}.ids"), prompt.Ids().Select(id => (long)id).ToArray(), text);
            CollectionAssert.AreEqual(File.Floats($"{i}.weights"), prompt.Weights(), text);
        }
    }

    [TestMethod]
    public void RestoringTheMeanTurnsNoNormIntoOriginal()
    {
        // The recordings hold the weighted embeddings, not those of the text encoder: weighing by 1/weight gives the latter back, up to rounding.
        using JsonDocument calls = JsonDocument.Parse(File.Metadata["calls"]);
        PromptChunker chunker = new(Tokenizer);
        foreach ((int i, string text) in Texts(calls).Index())
        {
            PromptTokens prompt = chunker.Chunk(text);
            PromptTokens inverse = prompt with { Chunks = [.. prompt.Chunks.Select(chunk => chunk with { Weights = [.. chunk.Weights.Select(weight => 1 / weight)] })] };
            float[] embeddings = File.Floats($"{i}.no-norm");
            PromptWeighting.Apply(embeddings, inverse, Emphasis.NoNorm);
            float[] again = [.. embeddings];
            PromptWeighting.Apply(again, prompt, Emphasis.NoNorm);
            GoldenAssert.Close(File.Floats($"{i}.no-norm"), again, 1e-6, $"prompt {i}, no norm");
            PromptWeighting.Apply(embeddings, prompt, Emphasis.Original);
            GoldenAssert.Close(File.Floats($"{i}.original"), embeddings, 1e-4, $"prompt {i}, original");
        }
    }

    private static IEnumerable<string> Texts(JsonDocument calls) => calls.RootElement.GetProperty("texts").EnumerateArray().Select(text => text.GetString()!);
}
