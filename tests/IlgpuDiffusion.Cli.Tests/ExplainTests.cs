using System.Text.Json;

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
    [DataRow("--todo auto", "todo: does nothing on 16x16, 8x8 and 4x4 grids: a query there looks at no more than 4096 keys")]
    [DataRow("--todo 2", "16x16  3 self-attention")]
    [DataRow("--todo 2", "256 -> 64")]
    [DataRow("--deepcache 3", "2 of 6")]
    [DataRow("--deepcache 3", "of exact")]
    [DataRow("--deepcache 3 --layers", "up_blocks.2.attentions.1.transformer_blocks.0.attn1")]
    [DataRow("--policy {\"version\":1,\"hypertile\":{\"tile\":512,\"start\":0.9,\"end\":0.95}}", "hypertile: no evaluation begins within 0.9 to 0.95")]
    [DataRow("--tgate 0.5", "likeness: not known")]
    [DataRow("--policy {\"version\":1,\"steps\":0.5}", ", from the exact picture (measured with papercut as it ships")]
    public async Task WhatAPolicyDoesWhereAndWhyNotIsTold(string options, string expected)
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync(["explain", "-W", "128", "-H", "128", "--steps", "6", .. options.Split(' ')]), run.Error);
        StringAssert.Contains(run.Output, expected);
    }

    [TestMethod]
    public async Task AllOfItIsOneObjectOfJson()
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("explain", "--json", "-W", "128", "-H", "128", "--steps", "6", "--todo", "2", "--deepcache", "3"), run.Error);
        using JsonDocument document = JsonDocument.Parse(run.Output);
        JsonElement root = document.RootElement, layers = root.GetProperty("layers");
        Assert.AreEqual(6, root.GetProperty("plan").GetProperty("variantOf").GetArrayLength());
        JsonElement finest = layers.EnumerateArray().First(layer => layer.GetProperty("kind").GetString() == "selfAttention");
        Assert.AreEqual((256, 256, 64), (finest.GetProperty("tokens").GetInt32(), finest.GetProperty("exactKeys").GetInt32(), finest.GetProperty("keys").GetInt32()));
        long flops = root.GetProperty("programs").EnumerateArray().Where(program => program.GetProperty("program").GetString()!.StartsWith("evaluation", StringComparison.Ordinal)).Sum(program => program.GetProperty("flops").GetInt64() * program.GetProperty("runs").GetInt32());
        Assert.AreEqual(flops, layers.EnumerateArray().Sum(layer => layer.GetProperty("flops").GetInt64()), "every operation is some layer's");
        Assert.IsLessThan(layers.EnumerateArray().Sum(layer => layer.GetProperty("exactSeconds").GetDouble()), layers.EnumerateArray().Sum(layer => layer.GetProperty("seconds").GetDouble()));
        Assert.Contains("todo", root.GetProperty("plan").GetProperty("notes").EnumerateArray().Select(note => note.GetProperty("technique").GetString()));
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
