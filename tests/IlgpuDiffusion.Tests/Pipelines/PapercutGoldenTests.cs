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

        float[] latents = GridLayout.ChannelsFirst(await pipeline.Latents(request), shape);
        GoldenAssert.Close(recorded.Floats($"{name}.latent"), latents, GoldenCall.Bound, $"papercut.{name}.latent");

        Image picture = (await pipeline.GenerateAsync(request)).Images.Single().Image;
        Image expected = Image.Load(Golden.Find($"papercut/{name}.png"));
        double psnr = ImageMetrics.Psnr(expected, picture);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"measured papercut.{name} {convolutions}: PSNR {psnr:F1} dB, largest difference {ImageMetrics.MaxDifference(expected, picture)}"));
        Assert.IsGreaterThanOrEqualTo(LeastPsnr, psnr);
    }

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
