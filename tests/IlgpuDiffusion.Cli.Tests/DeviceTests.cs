using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cli.Tests;

/// <summary><c>--device</c> and <c>devices</c>: what is there, what is not, and what fails.</summary>
[TestClass]
public sealed class DeviceTests
{
    public static IEnumerable<object[]> Failures =>
    [
        [new DeviceLostException("cuda (RTX) failed at 'conv_in': unspecified launch failure. Open the model again.")],
        [new DeviceMemoryException("cuda (RTX) needs 9 MiB of memory, and 6 MiB are available.")],
        [new GpuNotFoundException("There is no cuda device that can be used.")],
    ];

    [TestMethod]
    [DynamicData(nameof(Failures))]
    public async Task ADeviceThatFailsIsOneLineAndACode(object failure)
    {
        using CliRun run = new() { BeforePicture = (_, _) => throw (Exception)failure };
        Assert.AreEqual(ExitCodes.Failed, await run.RunAsync("-p", "x", "-o", run.Path("a.png")));
        Assert.AreEqual($"error: {((Exception)failure).Message}", run.Error.Trim());
        Assert.IsEmpty(Directory.GetFileSystemEntries(run.Folder));
    }

    [TestMethod]
    [DataRow("cuda", GpuKind.Cuda)]
    [DataRow("opencl", GpuKind.OpenCL)]
    public async Task AKindThatIsNotThereIsOneLineThatListsWhatIs(string name, GpuKind kind)
    {
        NeedsMachineWithout(kind);
        using CliRun run = new() { UsesPipeline = true };
        Assert.AreEqual(ExitCodes.Failed, await run.RunAsync("-p", "x", "-o", run.Path("a.png"), "--device", name));
        StringAssert.StartsWith(run.Error, $"error: There is no {name} device that can be used. Found: ");
        StringAssert.Contains(run.Error, "ilgpu-cpu: ");
        StringAssert.Contains(run.Error, "--device cpu");
        Assert.HasCount(1, run.Error.Trim().Split('\n'));
    }

    [TestMethod]
    public async Task AutoTakesTheProcessorInOneLineWhereThereIsNoGpu()
    {
        NeedsMachineWithout(GpuKind.Cuda);
        NeedsMachineWithout(GpuKind.OpenCL);
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("-p", "x", "-o", run.Path("a.png"), "--device", "auto"));
        StringAssert.StartsWith(run.Error, "No GPU was found, so the processor computes (cuda");
        Assert.HasCount(1, run.Error.Trim().Split('\n'));
        Assert.IsNull(run.Options!.Device);

        using CliRun silent = new();
        Assert.AreEqual(0, await silent.RunAsync("-p", "x", "-o", silent.Path("a.png")));
        Assert.AreEqual(string.Empty, silent.Error, "nobody asked");
    }

    [TestMethod]
    public async Task UnknownNamesAreRefusedWithThoseThatAreKnown()
    {
        using CliRun run = new();
        Assert.AreEqual(ExitCodes.Usage, await run.RunAsync("-p", "x", "--device", "gpu"));
        Assert.AreEqual("error: --device is 'gpu', but must be one of auto, cpu, cuda, opencl, ilgpu-cpu. 'ilgpu-diffusion devices' lists what this machine has.", run.Error.Trim());
    }

    [TestMethod]
    public async Task DevicesAreListedWithWhyTheRestIsNot()
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("devices"));
        foreach (GpuFound found in GpuCatalogue.List())
        {
            StringAssert.Contains(run.Output, $"{found.Kind.Text()}  {found.Name ?? "none"}");
            StringAssert.Contains(run.Output, found.Refusal ?? "GiB memory");
        }
    }

    [TestMethod]
    [DataRow("6G", 6L << 30)]
    [DataRow("512M", 512L << 20)]
    [DataRow("1.5GiB", 3L << 29)]
    [DataRow("10000kb", 10000L << 10)]
    [DataRow("4194304", 4L << 20)]
    public async Task AMemoryLimitIsPassedOn(string text, long bytes)
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("-p", "x", "-o", run.Path("a.png"), "--device", "cpu", "--memory-limit", text), run.Error);
        Assert.AreEqual(bytes, run.Options!.MemoryLimit);
    }

    [TestMethod]
    [DataRow("0")]
    [DataRow("6")]
    [DataRow("-1G")]
    [DataRow("G")]
    [DataRow("6X")]
    [DataRow("99999999T")]
    public async Task AMemoryLimitThatIsNoSizeIsRefused(string text)
    {
        using CliRun run = new();
        Assert.AreEqual(ExitCodes.Usage, await run.RunAsync("-p", "x", $"--memory-limit={text}"));
        StringAssert.Contains(run.Error, $"--memory-limit is '{text}', but must be a size of at least 1M, such as 6G, 1.5G or 512M.");
    }

    [TestMethod]
    [DataRow("cpu", "Or close other programs.")]
    [DataRow("ilgpu-cpu", "Or take the processor (--device cpu), or close other programs that use the device.")]
    public async Task WhatDoesNotFitIsOneLineWithWhatWould(string device, string otherwise)
    {
        using CliRun run = new() { UsesPipeline = true };
        string limit = device == "cpu" ? "40M" : "90M";
        Assert.AreEqual(ExitCodes.Failed, await run.RunAsync("-p", "x", "-o", run.Path("a.png"), "-W", "1024", "-H", "512", "--vae-tiling", "off", "--device", device, "--memory-limit", limit));
        StringAssert.Matches(run.Error, new System.Text.RegularExpressions.Regex(@"needs \d+ MiB of memory for a picture of 1024 x 512 \(weights .* are available\. .*these would fit: \d+ x \d+ pixels"));
        StringAssert.EndsWith(run.Error.TrimEnd(), otherwise);
        Assert.HasCount(1, run.Error.Trim().Split('\n'));
        Assert.IsEmpty(Directory.GetFileSystemEntries(run.Folder));
    }

    [TestMethod]
    public void TheBarTellsTheBytesOfWeights() =>
        Assert.AreEqual("1.00 MiB of 3.00 MiB", ProgressDisplay.LoadText(new LoadProgress("denoiser", 0, 1, 1 << 20, 3 << 20)));

    private static void NeedsMachineWithout(GpuKind kind)
    {
        if (GpuCatalogue.List().Any(found => found.Kind == kind && found.Name is not null))
        {
            Assert.Inconclusive($"This machine has a device of {kind}.");
        }
    }
}
