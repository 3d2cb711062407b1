using IlgpuDiffusion.Imaging;
using Microsoft.Extensions.AI;

namespace IlgpuDiffusion.Extensions.Tests;

/// <summary>What requests of Microsoft.Extensions.AI become.</summary>
[TestClass]
public sealed class ImageGeneratorTests
{
    private readonly FakePipeline _pipeline = new();

    private DiffusionImageGenerator Generator => new(_pipeline);

    [TestMethod]
    public async Task EverySettingReachesThePipeline()
    {
        Image mask = new(64, 32);
        ImageGenerationOptions options = new()
        {
            Count = 2,
            ImageSize = new(64, 32),
            RawRepresentationFactory = _ => new GenerationRequest { ClipSkip = 2, Steps = 99 },
            AdditionalProperties = new()
            {
                [ImageProperties.Seed] = 9L,
                [ImageProperties.Steps] = 5,
                [ImageProperties.CfgScale] = 4.5f,
                [ImageProperties.Strength] = "0.25",
                [ImageProperties.NegativePrompt] = "clouds",
                [ImageProperties.Sampler] = "euler",
                [ImageProperties.Scheduler] = "karras",
                [ImageProperties.Mask] = new DataContent(mask.ToPng(), "image/png"),
            },
        };
        byte[] original = new Image(64, 32, [.. Enumerable.Range(0, 64 * 32 * 3).Select(i => (byte)i)]).ToPng();
        await Generator.EditImageAsync(new DataContent(original, "image/png"), "a lighthouse", options);
        GenerationRequest asked = _pipeline.Asked.Single();
        GenerationRequest expected = new()
        {
            Prompt = "a lighthouse",
            NegativePrompt = "clouds",
            Width = 64,
            Height = 32,
            BatchCount = 2,
            Seed = 9,
            Steps = 5,
            CfgScale = 4.5,
            Strength = 0.25,
            Sampler = "euler",
            Scheduler = "karras",
            ClipSkip = 2,
        };
        Assert.AreEqual(expected, asked with { InitImage = null, Mask = null });
        CollectionAssert.AreEqual(Image.FromPng(original).Pixels, asked.InitImage!.Pixels);
        CollectionAssert.AreEqual(mask.Pixels, asked.Mask!.Pixels);
    }

    [TestMethod]
    public async Task PicturesArePngFilesThatSayHowTheyWereMade()
    {
        List<GenerationProgress> told = [];
        ImageGenerationOptions options = new() { Count = 2, AdditionalProperties = new() { [ImageProperties.Seed] = 5, [ImageProperties.Progress] = new Immediate(told.Add) } };
        ImageGenerationResponse response = await Generator.GenerateImagesAsync("a lighthouse", options);
        Assert.HasCount(2, response.Contents);
        Assert.HasCount(1, told);
        DataContent second = (DataContent)response.Contents[1];
        Assert.AreEqual("image/png", second.MediaType);
        Assert.AreEqual(6ul, second.AdditionalProperties![ImageProperties.Seed]);
        Assert.AreEqual(8, Image.FromPng(second.Data).Width);
        Assert.Contains("Seed: 6", ((GeneratedImage)second.RawRepresentation!).Parameters);
        Assert.IsInstanceOfType<GenerationResult>(response.RawRepresentation);
    }

    public static IEnumerable<object[]> Refused =>
    [
        ["seed", new ImageGenerationOptions { AdditionalProperties = new() { [ImageProperties.Seed] = "many" } }],
        ["seed", new ImageGenerationOptions { AdditionalProperties = new() { [ImageProperties.Seed] = -1 } }],
        ["mask", new ImageGenerationOptions { AdditionalProperties = new() { [ImageProperties.Mask] = 3 } }],
        ["mask", new ImageGenerationOptions { AdditionalProperties = new() { [ImageProperties.Mask] = "GIF89a"u8.ToArray() } }],
        ["mask", new ImageGenerationOptions { AdditionalProperties = new() { [ImageProperties.Mask] = new UriContent("https://example.org/mask.png", "image/png") } }],
        ["progress", new ImageGenerationOptions { AdditionalProperties = new() { [ImageProperties.Progress] = "yes" } }],
        ["MediaType", new ImageGenerationOptions { MediaType = "image/webp" }],
        ["ResponseFormat", new ImageGenerationOptions { ResponseFormat = ImageGenerationResponseFormat.Uri }],
        ["ModelId", new ImageGenerationOptions { ModelId = "dall-e-3" }],
    ];

    [TestMethod]
    [DynamicData(nameof(Refused))]
    public async Task WhatCannotBeDoneNamesTheSetting(string setting, ImageGenerationOptions options)
    {
        RequestException e = await Assert.ThrowsExactlyAsync<RequestException>(() => Generator.GenerateImagesAsync("a lighthouse", options));
        Assert.AreEqual(setting, e.Setting);
        Assert.HasCount(0, _pipeline.Asked);
    }

    [TestMethod]
    public async Task TwoOriginalsAreTooMany()
    {
        DataContent original = new(new Image(8, 8).ToPng(), "image/png");
        Assert.AreEqual("OriginalImages", (await Assert.ThrowsExactlyAsync<RequestException>(() => Generator.EditImagesAsync([original, original], "a lighthouse"))).Setting);
    }

    [TestMethod]
    public void ServicesAreFoundByTheirTypes()
    {
        Assert.AreEqual("fake", Generator.GetService<ImageGeneratorMetadata>()!.DefaultModelId);
        Assert.AreSame(_pipeline, Generator.GetService<IDiffusionPipeline>());
        Assert.IsNull(Generator.GetService<IDiffusionPipeline>("another"));
        Assert.IsNull(Generator.GetService<string>());
    }

    [TestMethod]
    public void OnlyAnOwnPipelineIsDisposedOf()
    {
        Generator.Dispose();
        Assert.IsFalse(_pipeline.Disposed);
        new DiffusionImageGenerator(_pipeline, ownsPipeline: true).Dispose();
        Assert.IsTrue(_pipeline.Disposed);
    }

    private sealed class Immediate(Action<GenerationProgress> report) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => report(value);
    }
}
