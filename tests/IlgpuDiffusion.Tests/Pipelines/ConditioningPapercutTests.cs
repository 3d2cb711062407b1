using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>What prompts, guidance, samplers and sizes do, on the trained model that ships.</summary>
[TestClass]
public sealed class ConditioningPapercutTests
{
    private static readonly GenerationRequest Small = TestModels.Small;

    [TestMethod]
    public async Task ThePromptAndTheNegativePromptCount()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut);
        float[] picture = await pipeline.Latents(Small);
        CollectionAssert.AreNotEqual(picture, await pipeline.Latents(Small with { NegativePrompt = "a yellow balloon" }), "negative prompt");
        CollectionAssert.AreNotEqual(picture, await pipeline.Latents(Small with { Prompt = "a (red:1.4) house on the left" }), "weight");
        CollectionAssert.AreNotEqual(picture, await pipeline.Latents(Small with { ClipSkip = 2 }), "clip skip");
        CollectionAssert.AreNotEqual(picture, await pipeline.Latents(Small with { CfgRescale = 0.7 }), "rescale");
        CollectionAssert.AreNotEqual(picture, await pipeline.Latents(Small with { Seed = 8 }), "seed");
    }

    [TestMethod]
    public async Task WithoutGuidanceTheNegativePromptDoesNotCountAndOneBranchRuns()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut);
        GenerationRequest unguided = Small with { CfgScale = 1 };
        Assert.AreEqual(1, pipeline.Explain(unguided).Branches);
        Assert.AreEqual(2, pipeline.Explain(Small).Branches);
        CollectionAssert.AreEqual(await pipeline.Latents(unguided), await pipeline.Latents(unguided with { NegativePrompt = "a yellow balloon" }));
    }

    [TestMethod]
    public async Task ALongPromptIsReadToItsEnd()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut);
        string filler = string.Join(' ', Enumerable.Repeat("a lake", 60));
        GenerationRequest longer = Small with { Prompt = $"{filler} BREAK the moon" };
        Assert.IsGreaterThanOrEqualTo(2, pipeline.Resolve(longer).Conditioning.Prompts[0][1].Chunks.Count);
        Assert.AreEqual(pipeline.Resolve(longer).Conditioning.Prompts[0][0].Chunks.Count, pipeline.Resolve(longer).Conditioning.Prompts[0][1].Chunks.Count);
        float[] moon = await pipeline.Latents(longer);
        CollectionAssert.AreNotEqual(moon, await pipeline.Latents(longer with { Prompt = $"{filler} BREAK the sun" }));

        // The negative prompt may be the longer one.
        Assert.HasCount(1, await pipeline.Pixels(Small with { NegativePrompt = longer.Prompt }));
    }

    [TestMethod]
    [DataRow("ddim")]
    [DataRow("ddim_trailing")]
    [DataRow("PLMS")]
    [DataRow("Euler")]
    [DataRow("Euler a")]
    [DataRow("Heun")]
    [DataRow("LMS")]
    [DataRow("DPM++ 2M Karras")]
    [DataRow("DPM++ 2M SDE")]
    [DataRow("DPM++ 2M SDE Heun Exponential")]
    [DataRow("dpmpp_3m")]
    [DataRow("dpmpp_3m_sde")]
    [DataRow("DPM++ 2S")]
    [DataRow("DPM++ 2S a Karras")]
    [DataRow("DPMSolverMultistepScheduler")]
    [DataRow("DPMSolverSinglestepScheduler")]
    [DataRow("UniPC")]
    public async Task EverySamplerMakesAPictureThatCanBeMadeAgain(string sampler)
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut);
        GenerationRequest request = Small with { Sampler = sampler, Steps = 4 };
        GeneratedImage picture = (await pipeline.GenerateAsync(request)).Images[0];
        Assert.IsGreaterThan(20, picture.Image.Pixels.Max() - picture.Image.Pixels.Min(), "a picture of one colour");
        Assert.Contains("Steps: 4", picture.Parameters);
        CollectionAssert.AreEqual(picture.Image.Pixels, (await pipeline.Pixels(request))[0]);
    }

    [TestMethod]
    [DataRow(8, 8)]
    [DataRow(72, 40)]
    [DataRow(24, 136)]
    public async Task AnyMultipleOfEightIsASize(int width, int height)
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut);
        Image picture = (await pipeline.GenerateAsync(Small with { Width = width, Height = height })).Images[0].Image;
        Assert.AreEqual((width, height), (picture.Width, picture.Height));
    }
}
