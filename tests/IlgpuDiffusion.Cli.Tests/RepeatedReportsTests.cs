using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cli.Tests;

/// <summary><c>--from</c> with pictures of other programs, and with our own that were made from others.</summary>
[TestClass]
public sealed class RepeatedReportsTests
{
    // Report 02.
    [TestMethod]
    [DataRow("02-from-denoising-strength-txt2img/hires.png", "hires fix")]
    [DataRow("02-from-denoising-strength-txt2img/api.png", "denoising strength (0.7)")]
    public async Task ADenoisingStrengthAloneIsNoPictureToStartFrom(string picture, string warning)
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("--from", Reports.Find(picture), "-o", run.Path("a.png")), run.Error);
        Assert.IsNull(run.Requests.Single().InitImage);
        StringAssert.Contains(run.Error, warning);
    }

    [TestMethod]
    [DataRow("Denoising strength: 0.7, Mask blur: 4")]
    [DataRow("Denoising strength: 0.7, Resize mode: Just resize")]
    [DataRow("Denoising strength: 0.7, Init image hash: abc")]
    [DataRow("Denoising strength: 0.5, Version: IlgpuDiffusion 0.1.0")]
    public async Task APictureThatWasMadeFromAnotherAsksForIt(string settings)
    {
        using CliRun run = new();
        string picture = Picture(run, $"a house\nSteps: 3, Sampler: Euler, Seed: 5, Size: 64x64, {settings}");
        Assert.AreEqual(2, await run.RunAsync("--from", picture, "-o", run.Path("b.png")));
        StringAssert.Contains(run.Error, "--init-img");
        new Image(64, 64).Save(run.Path("start.png"));
        Assert.AreEqual(0, await run.RunAsync("--from", picture, "-i", run.Path("start.png"), "-o", run.Path("b.png")), run.Error);
        Assert.AreEqual(settings.Contains("0.5", StringComparison.Ordinal) ? 0.5 : 0.7, run.Requests.Single().Strength);
    }

    [TestMethod]
    public async Task WhatSomeFamiliesAreToldIsRepeated()
    {
        using CliRun run = new();
        string picture = Picture(run, "a house\nSteps: 3, Sampler: Euler, Seed: 5, Size: 64x64, Shift: 1.5, Original size: 768x512, Crops coords top left: \"16,32\", Negative target size: 64x72");
        Assert.AreEqual(0, await run.RunAsync("--from", picture, "--original-size", "32x48", "-o", run.Path("b.png")), run.Error);
        GenerationRequest request = run.Requests.Single();
        Assert.AreEqual((1.5, new PixelSize(32, 48), new PixelOffset(16, 32), null, new PixelSize(64, 72)), (request.Shift, request.OriginalSize, request.CropsCoordsTopLeft, request.TargetSize, request.NegativeTargetSize));
        Assert.DoesNotContain("not followed", run.Error);
    }

    // Report 05.
    [TestMethod]
    public async Task Utf8InATextChunkIsRead()
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("--from", Reports.Find("05-text-utf8-in-tEXt/sdcpp.png"), "-o", run.Path("a.png")), run.Error);
        GenerationRequest request = run.Requests.Single();
        Assert.AreEqual("ein Haus im Frühling, 山", request.Prompt);
        Assert.AreEqual("trüb", request.NegativePrompt);
        Assert.AreEqual(NoiseKind.Cuda, request.Rng);
        Assert.IsNull(request.Eta, "stable-diffusion.cpp writes 0 for samplers that it does not give it to");
        SamplerChoice choice = SamplerCatalogue.Resolve(request.Sampler!);
        Assert.AreEqual(("euler_ancestral", SigmaSchedule.Uniform), (choice.Entry.Id, choice.Schedule));
        Assert.DoesNotContain("not followed", run.Error);
        Assert.AreEqual("ein Haus im Frühling, 山", PictureMetadata.Read(run.Path("a.png")).Prompt);
    }

    // Report 11.
    [TestMethod]
    public async Task SeedsOfComfyUiAreTaken()
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("--from", Reports.Find("11-seed-range/bigseed.png"), "-o", run.Path("a.png")), run.Error);
        Assert.AreEqual(15208430395824572932UL, run.Requests.Single().Seed);
        Assert.AreEqual(NoiseKind.Cpu, run.Requests.Single().Rng, "ComfyUI draws on the CPU");
        Assert.AreEqual(15208430395824572932UL, PictureMetadata.Read(run.Path("a.png")).Seed);
    }

    [TestMethod]
    [DataRow("DPM++ 2M", "Karras", "v1.10.1", "Karras")]
    [DataRow("DPM++ 2M", "Automatic", "v1.10.1", "Automatic")]
    [DataRow("DPM++ 2M", null, "v1.6.0", "uniform")]
    [DataRow("DPM++ 2M Karras", null, "v1.6.0", null)]
    [DataRow("Euler a", "Automatic", "v1.9.3", "Automatic")]
    [DataRow("DDIM", "Karras", "v1.9.3", "automatic")]
    [DataRow("PLMS", null, "v1.5.0", "automatic")]
    [DataRow("dpmpp_2m", null, "ComfyUI", "uniform")]
    [DataRow("dpm++2m", null, "stable-diffusion.cpp", "uniform")]
    [DataRow("DPM++ 2M", null, "IlgpuDiffusion 0.1.0", null)]
    public async Task AScheduleThatIsNotSaidIsTheProgramsOwn(string sampler, string? schedule, string version, string? expected)
    {
        using CliRun run = new();
        string picture = Picture(run, $"a house\nSteps: 3, Sampler: {sampler}, {(schedule is null ? "" : $"Schedule type: {schedule}, ")}CFG scale: 7, Seed: 5, Size: 64x64, Version: {version}");
        Assert.AreEqual(0, await run.RunAsync("--from", picture, "-o", run.Path("b.png")), run.Error);
        Assert.AreEqual(expected, run.Requests.Single().Scheduler);
    }

    [TestMethod]
    [DataRow("Sampler: Euler, Eta: 0.67", "Eta (which Euler does not have)")]
    [DataRow("Sampler: DPM++ 2M, Eta DDIM: 0.5", "Eta (which DPM++ 2M does not have)")]
    [DataRow("Sampler: Euler, RNG: std_default", "RNG std_default")]
    [DataRow("Sampler: Euler, Tiling: True, ENSD: 31337", "Tiling, ENSD")]
    [DataRow("Sampler: Euler, Variation seed: 3, Variation seed strength: 0.2", "Variation seed")]
    public async Task WhatASamplerDoesNotHaveIsAWarning(string settings, string warning)
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("--from", Picture(run, $"a house\nSteps: 3, {settings}, Seed: 5, Size: 64x64"), "-o", run.Path("b.png")), run.Error);
        StringAssert.Contains(run.Error, warning);
        Assert.IsNull(run.Requests.Single().Eta);
    }

    [TestMethod]
    [DataRow("Steps: 3, Sampler: Euler, Size: 64x64", "does not tell its seed")]
    [DataRow("Steps: 3, Sampler: Euler, Seed: -1, Size: 64x64", "'-1'")]
    [DataRow("Steps: 3, Sampler: Euler, Seed: 18446744073709551616, Size: 64x64", "18446744073709551615")]
    public async Task AnUnknownSeedIsAskedFor(string settings, string message)
    {
        using CliRun run = new();
        string picture = Picture(run, $"a house\n{settings}");
        Assert.AreEqual(1, await run.RunAsync("--from", picture, "-o", run.Path("b.png")));
        StringAssert.Contains(run.Error, message);
        StringAssert.Contains(run.Error, "--seed");
        Assert.AreEqual(0, await run.RunAsync("--from", picture, "-s", "9", "-o", run.Path("b.png")), run.Error);
        Assert.AreEqual(9UL, run.Requests.Single().Seed);
    }

    [TestMethod]
    public async Task OurPicturesSayWhichTheyWereMadeFrom()
    {
        using CliRun run = new() { UsesPipeline = true };
        Random random = new(3);
        Image start = new(64, 64), other = new(64, 64), mask = new(64, 64);
        random.NextBytes(start.Pixels);
        Array.Fill(mask.Pixels, (byte)255, 0, 64 * 32 * 3);
        start.Save(run.Path("start.png"));
        other.Save(run.Path("other.png"));
        mask.Save(run.Path("mask.png"));
        string[] small = ["-p", "a house", "--steps", "2", "--strength", "0.5", "-s", "3", "-i", run.Path("start.png"), "--mask", run.Path("mask.png"), "-o", run.Path("a.png")];
        Assert.AreEqual(0, await run.RunAsync(small), run.Error);
        GenerationMetadata made = PictureMetadata.Read(run.Path("a.png"));
        Assert.AreEqual((ImageHash.Of(start), ImageHash.Of(mask)), (made.InitImageHash, made.MaskHash));

        Assert.AreEqual(2, await run.RunAsync("--from", run.Path("a.png"), "-i", run.Path("start.png"), "-o", run.Path("b.png")));
        StringAssert.Contains(run.Error, "--mask");
        Assert.AreEqual(0, await run.RunAsync("--from", run.Path("a.png"), "-i", run.Path("start.png"), "--mask", run.Path("mask.png"), "-o", run.Path("b.png")), run.Error);
        CollectionAssert.AreEqual(File.ReadAllBytes(run.Path("a.png")), File.ReadAllBytes(run.Path("b.png")));
        Assert.DoesNotContain("hash ", run.Error[run.Error.IndexOf("--mask", StringComparison.Ordinal)..]);
        Assert.AreEqual(0, await run.RunAsync("--from", run.Path("a.png"), "-i", run.Path("other.png"), "--mask", run.Path("mask.png"), "-o", run.Path("c.png")), run.Error);
        StringAssert.Contains(run.Error, $"(hash {ImageHash.Of(other)}, not {ImageHash.Of(start)})");
    }

    private static string Picture(CliRun run, string parameters)
    {
        string path = run.Path("from.png");
        new Image(8, 8).Save(path, new PngText("parameters", parameters));
        return path;
    }
}
