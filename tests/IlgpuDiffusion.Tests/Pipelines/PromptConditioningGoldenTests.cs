using System.Text.Json;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Text;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>Weighted and long prompts through the text encoder, against stable-diffusion-webui.</summary>
[TestClass]
internal sealed class PromptConditioningGoldenTests
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
        PromptOptions options = new() { CommaBacktrack = calls.RootElement.GetProperty("comma_padding_backtrack").GetInt32(), Emphasis = emphasis };
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Tiny);
        string[] texts = [.. calls.RootElement.GetProperty("texts").EnumerateArray().Select(text => text.GetString()!)];
        Assert.IsNotEmpty(texts);
        for (int i = 0; i < texts.Length; i++)
        {
            ConditioningPlan plan = pipeline.Model.Conditioner.Plan(new ConditioningRequest([new ConditioningText("prompt", texts[i])], skippedLayers, 64, 64) { Prompts = options });
            PromptTokens prompt = plan.Prompts[0][0];
            CollectionAssert.AreEqual(golden.Longs($"{i}.ids"), prompt.Ids().Select(id => (long)id).ToArray(), $"{i}.ids: {texts[i]}");
            CollectionAssert.AreEqual(golden.Floats($"{i}.weights"), prompt.Weights(), $"{i}.weights: {texts[i]}");
            float[] context = (await pipeline.OnLane(() => pipeline.Model.Conditioner.Encode(plan, CancellationToken.None)))[NetworkInputs.Context].Values;
            GoldenAssert.Close(golden.Floats($"{i}.{mode}"), context, Bound, $"{i}.{mode}");
        }
    }
}
