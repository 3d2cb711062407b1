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

    private static void NeedsMachineWithout(GpuKind kind)
    {
        if (GpuCatalogue.List().Any(found => found.Kind == kind && found.Name is not null))
        {
            Assert.Inconclusive($"This machine has a device of {kind}.");
        }
    }
}
