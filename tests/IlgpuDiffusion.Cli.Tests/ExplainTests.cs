namespace IlgpuDiffusion.Cli.Tests;

[TestClass]
public sealed class ExplainTests
{
    [TestMethod]
    public async Task TheShippedModelIsExplainedWithoutAPromptOrWeights()
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("explain", "-W", "128", "-H", "64", "--steps", "3", "--sampler", "euler"), run.Error);
        foreach (string expected in new[] { "papercut", "128x64", "Euler", "3 steps", "denoiser", "evaluation", "Conv2d", "Attention", "FLOP in all", "arena of activations", "weights as in their files" })
        {
            StringAssert.Contains(run.Output, expected);
        }

        Assert.IsNull(run.Model, "nothing is loaded");
    }

    [TestMethod]
    public async Task LaunchesAreListedWithTheirLayers()
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("explain", "--launches", "-W", "64", "-H", "64"), run.Error);
        StringAssert.Contains(run.Output, "denoiser, evaluation");
        StringAssert.Contains(run.Output, "down_blocks.0.resnets.0.conv1");
    }

    [TestMethod]
    public async Task APolicyIsToldByTheVariantsOfTheDenoiser()
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("explain", "-W", "64", "-H", "64", "--steps", "6", "--deepcache", "3"), run.Error);
        StringAssert.Contains(run.Output, "evaluations: A B B A B B");
        Assert.IsTrue(run.Output.Split('\n').Any(line => line.StartsWith("B ", StringComparison.Ordinal) && line.Contains("up_blocks.2.resnets.1", StringComparison.Ordinal)), run.Output);
    }

    [TestMethod]
    [DataRow("--vae-tiling", true)]
    [DataRow("--tiled-vae on", true)]
    [DataRow("--vae-tiling off", false)]
    [DataRow("--vae-tiling auto --memory-limit 160M", true)]
    public async Task DecodingInPartsIsTold(string options, bool inParts)
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync(["explain", "-W", "1024", "-H", "1024", .. options.Split(' ')]), run.Error);
        Assert.AreEqual(inParts, run.Output.Contains("pictures are decoded in", StringComparison.Ordinal));
        Assert.AreEqual(inParts, run.Output.Contains("decoder, part 1 of", StringComparison.Ordinal));
    }

    [TestMethod]
    [DataRow("explain --vae-tiling maybe", "auto, on or off")]
    [DataRow("explain --sampler eulr", "euler")]
    [DataRow("explain --clip-skip 50", "clip skip")]
    public async Task WhatTheModelRefusesIsSaid(string line, string expected)
    {
        using CliRun run = new();
        Assert.AreEqual(2, await run.RunAsync(line.Split(' ')), run.Error);
        StringAssert.Contains(run.Error, expected);
    }
}
