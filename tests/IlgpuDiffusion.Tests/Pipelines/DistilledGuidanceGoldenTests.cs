using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>A network that was distilled with the guidance scale as an input, as latent consistency models are.</summary>
[TestClass]
public sealed class DistilledGuidanceGoldenTests
{
    private const int Sinusoids = 32;

    [TestMethod]
    public async Task TheScaleGoesIntoTheNetworkAndOneBranchRuns()
    {
        using ModelCopy model = Distilled();
        await using DiffusionPipeline pipeline = TestModels.Open(model.Folder);
        GenerationRequest request = TestModels.Small with { Sampler = "LCM", Steps = 4, CfgScale = 8 };
        Assert.AreEqual(1, pipeline.Explain(request).Branches);
        float[] latents = await pipeline.Latents(request);
        CollectionAssert.AreNotEqual(latents, await pipeline.Latents(request with { CfgScale = 2 }), "scale");
        CollectionAssert.AreEqual(latents, await pipeline.Latents(request with { NegativePrompt = "a yellow balloon" }), "negative prompt");
        Assert.HasCount(1, await pipeline.Pixels(request));
    }

    // The tiny model with one more matrix.
    private static ModelCopy Distilled()
    {
        ModelCopy model = new();
        string config = model["unet/config.json"];
        JsonNode json = JsonNode.Parse(File.ReadAllText(config))!;
        json["time_cond_proj_dim"] = Sinusoids;
        File.WriteAllText(config, json.ToJsonString());
        string file = model[ModelCopy.FileOf("unet")];
        GoldenTensors tensors = GoldenTensors.Load(file);
        SafetensorsWriter writer = new();
        foreach (string name in tensors.Names)
        {
            writer.Add(name, ElementType.F32, tensors.Shape(name), MemoryMarshal.AsBytes(tensors.Floats(name).AsSpan()).ToArray());
        }

        int channels = (int)tensors.Shape("conv_in.bias")[0];
        writer.Add("time_embedding.cond_proj.weight", [channels, Sinusoids], [.. Enumerable.Range(0, channels * Sinusoids).Select(i => 0.1f * MathF.Sin(i))]);
        writer.Save(file);
        return model;
    }
}
