using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Cli.Tests;

[TestClass]
public sealed class PipelineTests
{
    private static readonly string[] Small = ["-p", "a red house", "-W", "64", "-H", "64", "--steps", "2", "--sampler", "euler_a", "-s", "3"];

    [TestMethod]
    public async Task TheShippedModelPaintsAndItsPictureIsRepeatedByteForByte()
    {
        using CliRun run = new() { UsesPipeline = true };
        Assert.AreEqual(0, await run.RunAsync([.. Small, "-o", run.Path("a.png")]), run.Error);
        Assert.AreEqual(0, await run.RunAsync("--from", run.Path("a.png"), "-o", run.Path("b.png"), "-t", "1"), run.Error);
        CollectionAssert.AreEqual(await File.ReadAllBytesAsync(run.Path("a.png")), await File.ReadAllBytesAsync(run.Path("b.png")));
        Assert.IsTrue(run.Error.Trim().Split('\n').All(line => line.StartsWith("warning: 'papercut' was made for 128 to 320 pixels", StringComparison.Ordinal)), run.Error);
        Assert.IsGreaterThan(10, Image.Load(run.Path("a.png")).Pixels.Distinct().Count());
    }

    [TestMethod]
    public async Task APictureOfABatchEqualsItsSeedAlone()
    {
        using CliRun run = new() { UsesPipeline = true };
        Assert.AreEqual(0, await run.RunAsync([.. Small, "-b", "2", "-o", run.Path("a.png")]), run.Error);
        Assert.AreEqual(0, await run.RunAsync([.. Small[..^1], "4", "-o", run.Path("b.png")]), run.Error);
        CollectionAssert.AreEqual(await File.ReadAllBytesAsync(run.Path("a_2.png")), await File.ReadAllBytesAsync(run.Path("b.png")));
    }

    [TestMethod]
    public async Task AnotherPictureAndAMaskAreFollowed()
    {
        using CliRun run = new() { UsesPipeline = true };
        Assert.AreEqual(0, await run.RunAsync([.. Small, "-o", run.Path("a.png")]), run.Error);
        new Image(64, 64).Save(run.Path("nothing.png"));
        Assert.AreEqual(0, await run.RunAsync([.. Small, "-i", run.Path("a.png"), "--mask", run.Path("nothing.png"), "--strength", "0.5", "-o", run.Path("kept.png")]), run.Error);
        double kept = ImageMetrics.Psnr(Image.Load(run.Path("a.png")), Image.Load(run.Path("kept.png")));
        Assert.IsGreaterThan(20, kept, "a black mask keeps the picture, but for what the autoencoder loses");
    }

    [TestMethod]
    [DataRow("-m no/such", 1, "no/such")]
    [DataRow("--sampler eulr", 2, "euler")]
    [DataRow("--clip-skip 9", 2, "clip skip")]
    public async Task WhatTheModelRefusesIsOneLine(string options, int code, string expected)
    {
        using CliRun run = new() { UsesPipeline = true };
        Assert.AreEqual(code, await run.RunAsync(["-p", "x", "-o", run.Path("a.png"), .. options.Split(' ')]));
        StringAssert.Contains(run.Error, expected);
        Assert.HasCount(1, run.Error.Trim().Split('\n'));
        Assert.IsEmpty(Directory.GetFileSystemEntries(run.Folder));
    }
}
