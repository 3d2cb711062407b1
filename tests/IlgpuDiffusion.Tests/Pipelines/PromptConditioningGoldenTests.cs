using System.Text.Json;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Text;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>Weighted and long prompts through the text encoder, against stable-diffusion-webui.</summary>
[TestClass]
public sealed class PromptConditioningGoldenTests
{
    private const double Bound = 1e-4;

    [TestMethod]
    [DataRow("original", 0, Emphasis.Original)]
    [DataRow("no-norm", 0, Emphasis.NoNorm)]
    [DataRow("skip2", 1, Emphasis.NoNorm)]
    public async Task EveryPromptIsEncodedAsTheReferenceDoes(string mode, int skippedLayers, Emphasis emphasis)
    {
        GoldenTensors golden = GoldenTensors.Find("models/sd15-prompts.golden.safetensors");
        using JsonDocument calls = JsonDocument.Parse(golden.Metadata["calls"]);
        PromptOptions options = new() { CommaBacktrack = calls.RootElement.GetProperty("comma_padding_backtrack").GetInt32() };
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Tiny);
        PromptChunker chunker = new(pipeline.Parts.Tokenizer, options);
        string[] texts = [.. calls.RootElement.GetProperty("texts").EnumerateArray().Select(text => text.GetString()!)];
        Assert.IsNotEmpty(texts);
        for (int i = 0; i < texts.Length; i++)
        {
            PromptTokens prompt = chunker.Chunk(texts[i]);
            CollectionAssert.AreEqual(golden.Longs($"{i}.ids"), prompt.Ids().Select(id => (long)id).ToArray(), $"{i}.ids: {texts[i]}");
            CollectionAssert.AreEqual(golden.Floats($"{i}.weights"), prompt.Weights(), $"{i}.weights: {texts[i]}");
            float[] context = await pipeline.OnLane(() => pipeline.Text.Encode([prompt], skippedLayers, emphasis, CancellationToken.None));
            GoldenAssert.Close(golden.Floats($"{i}.{mode}"), context, Bound, $"{i}.{mode}");
        }
    }
}
