using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Tests.Pipelines;

namespace IlgpuDiffusion.Tests.Requests;

/// <summary>Settings that cannot be carried out: the message names the setting, its value and what is possible.</summary>
[TestClass]
public sealed class RequestGoldenTests
{
    private static readonly GenerationRequest Small = TestModels.Small;

    public static IEnumerable<object[]> Refused =>
    [
        ["width", Small with { Width = 100 }, new[] { "width", "100", "multiple of 8", "nearest is 96" }],
        ["height", Small with { Height = -8 }, new[] { "height", "-8", "multiple of 8" }],
        ["no width", Small with { Width = 0 }, new[] { "width", "nearest is 8" }],
        ["largest", Small with { Width = int.MaxValue }, new[] { "width", "at most 16384", "2147483647" }],
        ["smallest", Small with { Height = int.MinValue }, new[] { "height", "nearest is 8" }],
        ["a book", Small with { Prompt = new string('a', 1 << 20) }, new[] { "the prompt", "32768 characters", "1048576" }],
        ["a chapter", Small with { NegativePrompt = string.Concat(Enumerable.Repeat("a red house, ", 2000)) }, new[] { "negative prompt", "64 chunks" }],
        ["large", Small with { Width = 1 << 20 }, new[] { "width", "16384" }],
        ["no steps", Small with { Steps = 0 }, new[] { "steps", "at least 1", "0" }],
        ["negative steps", Small with { Steps = -5 }, new[] { "steps", "-5" }],
        ["many steps", Small with { Steps = 1001 }, new[] { "steps", "1 to 1000" }],
        ["guidance", Small with { CfgScale = double.NaN }, new[] { "cfg scale", "NaN" }],
        ["negative guidance", Small with { CfgScale = -1 }, new[] { "cfg scale", "-1" }],
        ["rescale", Small with { CfgRescale = 1.5 }, new[] { "cfg rescale", "0 to 1", "1.5" }],
        ["batch", Small with { BatchCount = 0 }, new[] { "batch count", "1 to 64" }],
        ["large batch", Small with { BatchCount = 65 }, new[] { "batch count", "65" }],
        ["seed", Small with { Seed = ulong.MaxValue, BatchCount = 2 }, new[] { "seed", "18446744073709551615", "room for 2" }],
        ["eta", Small with { Eta = double.PositiveInfinity }, new[] { "eta" }],
        ["eta of euler", Small with { Sampler = "euler", Eta = 0.5 }, new[] { "euler", "eta", "ddim" }],
        ["clip skip", Small with { ClipSkip = 9 }, new[] { "clip skip", "9", "layers" }],
        ["negative clip skip", Small with { ClipSkip = -1 }, new[] { "clip skip", "-1" }],
        ["shift", Small with { Shift = 3 }, new[] { "shift", "flow matching", "'sd15'" }],
        ["no shift", Small with { Shift = 0 }, new[] { "shift", "above 0", "0" }],
        ["original size", Small with { OriginalSize = new(64, 64) }, new[] { "original size", "Stable Diffusion XL", "'sd15'" }],
        ["negative crop", Small with { NegativeCropsCoordsTopLeft = new(0, 0) }, new[] { "negative crops coords top left", "Stable Diffusion XL" }],
        ["sampler", Small with { Sampler = "eulr" }, new[] { "sampler 'eulr'", "euler", "dpmpp_2m" }],
        ["scheduler", Small with { Scheduler = "karas" }, new[] { "scheduler 'karas'", "karras" }],
        ["rng", Small with { Rng = (NoiseKind)7 }, new[] { "rng", "Cpu", "Cuda" }],
        ["preview", Small with { PreviewInterval = -1 }, new[] { "preview interval", "-1" }],
        ["mask", Small with { Mask = new Image(64, 64) }, new[] { "mask", "init image" }],
        ["strength", Small with { InitImage = new Image(64, 64), Strength = 0 }, new[] { "strength", "above 0" }],
        ["strength above 1", Small with { InitImage = new Image(64, 64), Strength = 1.1 }, new[] { "strength", "1.1" }],
        ["weak", Small with { InitImage = new Image(64, 64), Strength = 0.1 }, new[] { "strength", "steps" }],
        ["weight", Small with { Prompt = "a (house:1.2.3)" }, new[] { "prompt" }],
        ["too large for shapes", Small with { Width = 16384, Height = 16384, VaeTiling = false }, new[] { "16384 x 16384", "smaller" }],
    ];

    [TestMethod]
    [DynamicData(nameof(Refused))]
    public async Task TheMessageNamesTheSettingAndWhatIsPossible(string name, GenerationRequest request, string[] parts)
    {
        _ = name;
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        RequestException e = Assert.ThrowsExactly<RequestException>(() => pipeline.Explain(request));
        Console.WriteLine(e.Message);
        foreach (string part in parts)
        {
            Assert.Contains(part, e.Message);
        }

        Assert.DoesNotContain("Parameter", e.Message);
        await Assert.ThrowsExactlyAsync<RequestException>(() => pipeline.GenerateAsync(request));
    }

    public static IEnumerable<object[]> Settings =>
    [
        [Small with { Width = 100 }, nameof(GenerationRequest.Width)],
        [Small with { Height = 100 }, nameof(GenerationRequest.Height)],
        [Small with { Steps = 0 }, nameof(GenerationRequest.Steps)],
        [Small with { CfgScale = -1 }, nameof(GenerationRequest.CfgScale)],
        [Small with { BatchCount = 65 }, nameof(GenerationRequest.BatchCount)],
        [Small with { ClipSkip = -1 }, nameof(GenerationRequest.ClipSkip)],
        [Small with { Sampler = "eulr" }, nameof(GenerationRequest.Sampler)],
        [Small with { Scheduler = "karas" }, nameof(GenerationRequest.Scheduler)],
        [Small with { Shift = 3 }, nameof(GenerationRequest.Shift)],
        [Small with { NegativeTargetSize = new(64, 64) }, nameof(GenerationRequest.NegativeTargetSize)],
        [Small with { Prompt = "a (house:1.2.3)" }, nameof(GenerationRequest.Prompt)],
        [Small with { NegativePrompt = "a (house:1.2.3)" }, nameof(GenerationRequest.NegativePrompt)],
        [Small with { Mask = new Image(64, 64) }, nameof(GenerationRequest.InitImage)],
    ];

    [TestMethod]
    [DynamicData(nameof(Settings))]
    public void TheSettingAtFaultIsNamed(GenerationRequest request, string setting)
    {
        using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        Assert.AreEqual(setting, Assert.ThrowsExactly<RequestException>(() => pipeline.Plan(request)).Setting);
    }

    [TestMethod]
    public async Task GuidanceBeyondAllNumbersIsSaidAndNotABlackPicture()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        DiffusionException e = await Assert.ThrowsExactlyAsync<DiffusionException>(() => pipeline.GenerateAsync(Small with { CfgScale = 1e38 }));
        Assert.Contains("not numbers", e.Message);
        Assert.Contains("cfg scale", e.Message);
    }

    [TestMethod]
    public async Task NothingIsRequestedAndDefaultsFillItIn()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut);
        Explanation explanation = pipeline.Explain(new GenerationRequest());
        Assert.AreEqual(pipeline.Defaults.Size, explanation.Width);
        Assert.AreEqual(pipeline.Defaults.Size, explanation.Height);
        Assert.AreEqual(pipeline.Defaults.Steps, explanation.Steps);
        Assert.AreEqual(256, explanation.Width);
        Assert.AreEqual("DDIM", explanation.Sampler);
    }
}
