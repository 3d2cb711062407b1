using IlgpuDiffusion.Components;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Pipelines;

namespace IlgpuDiffusion.Tests.Requests;

/// <summary>The sizes that Stable Diffusion XL is told (the recorded call 'sizes' is among the pipelines').</summary>
[TestClass]
public sealed class ToldSizesGoldenTests
{
    private static readonly GenerationRequest Request = TestModels.Small with { Width = 64, Height = 96 };

    [TestMethod]
    public async Task WhatIsNotGivenIsThePicturesOwnAndTheNegativesThePrompts()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(Golden.Find("models/sdxl"));
        await Check(pipeline, Request, [96, 64, 0, 0, 96, 64], [96, 64, 0, 0, 96, 64]);
        await Check(pipeline, Request with { OriginalSize = new(768, 512) }, [512, 768, 0, 0, 96, 64], [512, 768, 0, 0, 96, 64]);
        await Check(
            pipeline, Request with { CropsCoordsTopLeft = new(16, 32), TargetSize = new(896, 1024), NegativeOriginalSize = new(256, 128), NegativeCropsCoordsTopLeft = new(8, 0) },
            [128, 256, 8, 0, 1024, 896], [96, 64, 16, 32, 1024, 896]);
    }

    [TestMethod]
    public async Task PicturesSayIt()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(Golden.Find("models/sdxl"));
        GenerationRequest told = TestModels.Small with { OriginalSize = new(32, 32), CropsCoordsTopLeft = new(16, 0) };
        GeneratedImage image = (await pipeline.GenerateAsync(told)).Images[0];
        StringAssert.Contains(image.Parameters, "Original size: 32x32, Crops coords top left: \"16,0\"");
        Assert.IsNull(image.Metadata.TargetSize);
        CollectionAssert.AreNotEqual((await pipeline.Pixels(TestModels.Small))[0], image.Image.Pixels);
    }

    [TestMethod]
    public async Task ASideOfNothingIsRefused()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(Golden.Find("models/sdxl"));
        StringAssert.Contains(Assert.ThrowsExactly<RequestException>(() => pipeline.Explain(Request with { OriginalSize = new(0, 64) })).Message, "original size must have sides of 1 to 65536 pixels; it is 0x64.");
        StringAssert.Contains(Assert.ThrowsExactly<RequestException>(() => pipeline.Explain(Request with { CropsCoordsTopLeft = new(-1, 0) })).Message, "crops coords top left must be from 0 to 65536 pixels; it is -1,0.");
    }

    private static async Task Check(DiffusionPipeline pipeline, GenerationRequest request, float[] negative, float[] prompt)
    {
        ConditioningPlan plan = pipeline.Resolve(request).Conditioning;
        float[] told = await pipeline.OnLane(() => pipeline.Model.Conditioner.Encode(plan, CancellationToken.None)[NetworkInputs.TimeIds].Values);
        CollectionAssert.AreEqual(negative.Concat(prompt).ToArray(), told);
    }
}
