using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion.Cli.Tests;

/// <summary>The type in which activations are stored, as the command line and a picture's metadata say it.</summary>
[TestClass]
public sealed class TypeTests
{
    private static readonly string[] Small = ["-p", "a red house", "-W", "64", "-H", "64", "--steps", "1", "-s", "3"];

    [TestMethod]
    [DataRow("--device cpu", null)]
    [DataRow("--device cpu --type auto", null)]
    [DataRow("--device cpu --type F32", ElementType.F32)]
    [DataRow("--device ilgpu-cpu --type f16", ElementType.F16)]
    [DataRow("--device ilgpu-cpu --type bf16", ElementType.BF16)]
    public async Task TheOptionReachesThePipeline(string options, ElementType? expected)
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync(["-p", "x", "-o", run.Path("a.png"), .. options.Split(' ')]), run.Error);
        Assert.AreEqual(expected, run.Options!.Type);
    }

    [TestMethod]
    [DataRow("--device cpu --type f16", "--type is 'f16', but the processor (--device cpu) stores activations in f32 only. Leave --type out, or choose --device cuda, opencl or ilgpu-cpu.")]
    [DataRow("--device cpu --type q8_0", "--type is 'q8_0', but must be one of auto, f32, f16, bf16.")]
    public async Task WhatIsNotThereIsRefusedByName(string options, string expected)
    {
        foreach (string command in (string[])["generate", "explain"])
        {
            using CliRun run = new();
            Assert.AreEqual(2, await run.RunAsync([command, "-p", "x", .. options.Split(' ')]));
            StringAssert.Contains(run.Error, expected);
        }
    }

    [TestMethod]
    public async Task ExplainNamesTheTypeAndTheArenaItSaves()
    {
        using CliRun run = new(), narrow = new();
        Assert.AreEqual(0, await run.RunAsync("explain", "-W", "128", "-H", "128", "--device", "ilgpu-cpu"), run.Error);
        Assert.AreEqual(0, await narrow.RunAsync("explain", "-W", "128", "-H", "128", "--device", "ilgpu-cpu", "--type", "bf16"), narrow.Error);
        StringAssert.Contains(run.Output, ", activations in f32: ");
        StringAssert.Contains(narrow.Output, ", activations in bf16: ");
        Assert.AreNotEqual(Arena(run), Arena(narrow));
    }

    [TestMethod]
    public async Task APictureNamesItsTypeAndIsRepeatedInIt()
    {
        using CliRun run = new() { UsesPipeline = true };
        Assert.AreEqual(0, await run.RunAsync([.. Small, "--device", "ilgpu-cpu", "--type", "bf16", "-v", "-o", run.Path("a.png")]), run.Error);
        StringAssert.Contains(run.Error, ", activations in bf16");
        Assert.AreEqual("bf16", PictureMetadata.Read(run.Path("a.png")).Type);
        Assert.AreEqual(0, await run.RunAsync("--from", run.Path("a.png"), "--device", "ilgpu-cpu", "-o", run.Path("b.png")), run.Error);
        CollectionAssert.AreEqual(await File.ReadAllBytesAsync(run.Path("a.png")), await File.ReadAllBytesAsync(run.Path("b.png")));
        Assert.AreEqual(ElementType.BF16, run.Options!.Type);
        Assert.AreEqual(0, await run.RunAsync("--from", run.Path("a.png"), "--type", "f32", "--device", "ilgpu-cpu", "-o", run.Path("c.png")), run.Error);
        Assert.AreEqual((ElementType.F32, null), (run.Options.Type, PictureMetadata.Read(run.Path("c.png")).Type));
    }

    [TestMethod]
    public async Task TheProcessorRepeatsA16BitPictureInF32AndSaysSo()
    {
        using CliRun run = new();
        File.WriteAllBytes(run.Path("a.png"), PngWriter.Encode(new Image(8, 8), [new PngText(ParametersText.Keyword, "a\nSteps: 2, Seed: 3, Size: 8x8, Type: f16, Version: IlgpuDiffusion 0.1.0")]));
        Assert.AreEqual(0, await run.RunAsync("--from", run.Path("a.png"), "--device", "cpu", "-o", run.Path("b.png")), run.Error);
        StringAssert.Contains(run.Error, "made with activations in f16; the processor computes in f32");
        Assert.AreEqual(ElementType.F32, run.Options!.Type);
    }

    private static string Arena(CliRun run) => run.Output.Split('\n').Single(line => line.StartsWith("arena of activations", StringComparison.Ordinal));
}
