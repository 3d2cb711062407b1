using System.Globalization;
using System.Text.Json;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Models;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>Pictures of the model that ships, from prompt and seed alone, against diffusers'.</summary>
[TestClass]
internal sealed class PapercutGoldenTests
{
    private const double LeastPsnr = 45;

    public static IEnumerable<object[]> Names =>
        from c in Cases()
        from convolutions in (ConvolutionMethod[])[ConvolutionMethod.Direct, ConvolutionMethod.Winograd4]
        select new object[] { c.GetProperty("name").GetString()!, convolutions };

    [TestMethod]
    [DynamicData(nameof(Names))]
    public async Task PromptAndSeedGiveDiffusersPicture(string name, ConvolutionMethod convolutions)
    {
        GenerationRequest request = Request(Cases().Single(c => c.GetProperty("name").GetString() == name));
        GoldenTensors recorded = GoldenTensors.Find("papercut/latents.safetensors");
        long[] shape = recorded.Shape($"{name}.latent");
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut, convolutions);
        ResolvedRequest resolved = pipeline.Resolve(request);

        float[] noise = new LatentNoise(request.Rng, resolved.Seed, resolved.Latents((int)shape[1])).Next();
        CollectionAssert.AreEqual(recorded.Floats($"{name}.noise"), GridLayout.ChannelsFirst(noise, shape), "noise");

        float[] latents = await pipeline.Latents(request);
        GoldenAssert.Close(recorded.Floats($"{name}.latent"), GridLayout.ChannelsFirst(latents, shape), GoldenCall.Bound, $"papercut.{name}.latent");

        Image picture = await Decoded(pipeline, latents, resolved);
        Image expected = Image.Load(Golden.Find($"papercut/{name}.png"));
        double psnr = ImageMetrics.Psnr(expected, picture);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"measured papercut.{name} {convolutions}: PSNR {psnr:F1} dB, largest difference {ImageMetrics.MaxDifference(expected, picture)}"));
        Assert.IsGreaterThanOrEqualTo(LeastPsnr, psnr);
    }

    [TestMethod]
    public async Task WhatIsPaintedAreTheDecodedLatents()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut);
        Image picture = await Decoded(pipeline, await pipeline.Latents(TestModels.Small), pipeline.Resolve(TestModels.Small));
        CollectionAssert.AreEqual(picture.Pixels, (await pipeline.Pixels(TestModels.Small)).Single());
    }

    private static async Task<Image> Decoded(DiffusionPipeline pipeline, float[] latents, ResolvedRequest request) =>
        Image.FromFloats(await pipeline.OnLane(() => pipeline.Model.Codec.Decode(latents, request.Decoding, CancellationToken.None)), request.Width, request.Height);

    private static JsonElement[] Cases() => [.. JsonDocument.Parse(File.ReadAllText(Golden.Find("papercut/cases.json"))).RootElement.EnumerateArray()];

    private static GenerationRequest Request(JsonElement recorded) => new()
    {
        Prompt = recorded.GetProperty("prompt").GetString()!,
        NegativePrompt = recorded.TryGetProperty("negative", out JsonElement negative) ? negative.GetString()! : "",
        Seed = recorded.GetProperty("seed").GetUInt64(),
        Steps = recorded.GetProperty("steps").GetInt32(),
        CfgScale = recorded.GetProperty("cfg").GetDouble(),
        Width = recorded.GetProperty("width").GetInt32(),
        Height = recorded.GetProperty("height").GetInt32(),
        Sampler = recorded.GetProperty("sampler").GetString(),
    };
}
