using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Papercut;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cli.Tests;

/// <summary><c>diff</c>: two devices paint one picture, launch by launch.</summary>
[TestClass]
public sealed class DiffTests
{
    private static readonly string[] Small = ["-W", "64", "-H", "64", "--steps", "1", "--sampler", "euler"];

    [TestMethod]
    public async Task TheProcessorAndIlgpuOnItAreWithinRounding()
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync(["diff", "--device", "cpu", "--device", "ilgpu-cpu", .. Small]), run.Error + run.Output);
        foreach (string expected in new[] { "against ilgpu-cpu", "each computed from the first's", "None departs.", "denoiser, evaluation", "Made by each alone, the pictures" })
        {
            StringAssert.Contains(run.Output, expected);
        }

        Assert.AreEqual(string.Empty, run.Error);
    }

    [TestMethod]
    public async Task ADeviceDoesNotDifferFromItselfAndAllIsListed()
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync(["diff", "--device", "cpu", "--device", "CPU", "--tolerance", "0", "--add-up", "--all", .. Small]), run.Error + run.Output);
        foreach (string expected in new[] { "going on with its own", "None departs.", "up_blocks.0.resnets.0.conv1", "text encoder, request", "denoiser, schedule", "decoder, request", "load", "Combine", "the pictures are equal" })
        {
            StringAssert.Contains(run.Output, expected);
        }
    }

    [TestMethod]
    public async Task AStartPictureIsGivenAsManyStepsAsItNeeds()
    {
        using CliRun run = new();
        new Imaging.Image(64, 64).Save(run.Path("a.png"));
        Assert.AreEqual(0, await run.RunAsync("diff", "--device", "cpu", "--device", "cpu", "--sampler", "euler", "-i", run.Path("a.png"), "--strength", "0.3"), run.Error + run.Output);
        StringAssert.Contains(run.Output, "None departs.");
    }

    [TestMethod]
    public async Task WhatIsNotToleratedIsNamedAndTheCodeSaysSo()
    {
        using CliRun run = new();
        Assert.AreEqual(3, await run.RunAsync(["diff", "--device", "cpu", "--device", "ilgpu-cpu", "--tolerance", "0", .. Small]), run.Error);
        StringAssert.Contains(run.Output, "The first:");
        StringAssert.Contains(run.Output, "largest difference");
    }

    [TestMethod]
    public async Task AWrongKernelIsNamed()
    {
        const string Layer = "mid_block.resnets.0.conv2";
        GenerationRequest request = new() { Prompt = "a house", Width = 64, Height = 64, Steps = 1, Seed = 3 };
        PipelineOptions wrong = new() { Device = () => new WrappingDevice(GpuDevice.Open(GpuKind.IlgpuCpu), (op, prepared) => op is Conv2d ? new LeavingOut(prepared) : prepared) };
        DeviceDiff diff = await DeviceDiff.RunAsync(PapercutModel.Folder, request, new PipelineOptions { Threads = 2 }, wrong, isolated: true, null, CancellationToken.None);
        DiffTolerance tolerance = new(null, true);
        ComparedLaunch[] departing = [.. diff.Launches.Where(tolerance.IsExceededBy)];
        CollectionAssert.AreEqual(new[] { "Conv2d" }, departing.Select(launch => launch.Values.Op).Distinct().ToArray());
        CollectionAssert.AreEqual(new[] { Layer }, departing.Select(launch => launch.Values.Path).Distinct().ToArray());
        Assert.AreEqual("denoiser, evaluation", departing[0].Program);
        Assert.IsLessThan(60, diff.Psnr);

        using StringWriter text = new();
        DiffText.Write(text, diff, tolerance, listsAll: false);
        StringAssert.Contains(text.ToString(), $"The first:{Environment.NewLine}  Conv2d at '{Layer}' (denoiser, evaluation, run 1)");
    }

    [TestMethod]
    [DataRow("diff", "was given 0 times")]
    [DataRow("diff --device cpu", "was given once")]
    [DataRow("diff --device cpu --device cpu --device cpu", "was given 3 times")]
    [DataRow("diff --device cpu --device gpu", "--device is 'gpu'")]
    [DataRow("diff --device cpu --device cpu --tolerance -1", "--tolerance is '-1'")]
    [DataRow("diff --device cpu --device cpu --output a.png", "--output")]
    [DataRow("diff --device cpu --device cpu --clip-skip 50", "clip skip")]
    public async Task WhatMakesNoSenseIsSaid(string line, string expected)
    {
        using CliRun run = new();
        Assert.AreEqual(2, await run.RunAsync(line.Split(' ')), run.Error);
        StringAssert.Contains(run.Error, expected);
        Assert.AreEqual(string.Empty, run.Output);
    }

    [TestMethod]
    public async Task ADeviceThatIsNotThereIsSaid()
    {
        using CliRun run = new();
        if (GpuCatalogue.List().Any(found => found is { Kind: GpuKind.Cuda, Name: not null }))
        {
            Assert.Inconclusive("This machine has a CUDA device.");
        }

        Assert.AreEqual(1, await run.RunAsync(["diff", "--device", "cpu", "--device", "cuda", .. Small]), run.Error);
        StringAssert.Contains(run.Error, "There is no cuda device that can be used. Found: cuda");
        Assert.HasCount(1, run.Error.Trim().Split('\n'));
    }

    /// <summary>Kernels of which one layer's does nothing, so that its result is what lay there before.</summary>
    private sealed class LeavingOut(Prepared inner) : Prepared
    {
        public override long Scratch => inner.Scratch;

        public override WeightLayout? Layout(int input) => inner.Layout(input);

        public override Launch Bind(ReadOnlySpan<Place> places, string path) =>
            path == "mid_block.resnets.0.conv2" ? new Skipped(path) : inner.Bind(places, path);

        private sealed class Skipped(string path) : Launch(path)
        {
            public override void Run(in Bases bases, CancellationToken cancellation)
            {
            }
        }
    }
}
