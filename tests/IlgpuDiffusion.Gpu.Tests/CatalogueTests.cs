using ILGPU.Runtime;

namespace IlgpuDiffusion.Gpu.Tests;

/// <summary>Which devices are taken, and what is said of the others.</summary>
[TestClass]
public sealed class CatalogueTests
{
    private const long Memory = 8L << 30;

    private static readonly GpuFacts Nvidia = new(GpuKind.Cuda, "RTX 3060", Memory) { Driver = new(12, 4), Capability = new(8, 6) };
    private static readonly GpuFacts Intel = new(GpuKind.OpenCL, "Arc", Memory) { Language = new(3, 0) };

    public static IEnumerable<object?[]> Devices =>
    [
        ["new enough", Nvidia, null],
        ["the oldest that will do", Nvidia with { Driver = new(11, 0), Capability = new(5, 0) }, null],
        ["old driver", Nvidia with { Driver = new(10, 2) }, "its driver is for CUDA 10.2, and 11.0 or newer is needed"],
        ["old GPU", Nvidia with { Capability = new(3, 7) }, "its compute capability is 3.7, and 5.0 or newer is needed"],
        ["unknown GPU", Nvidia with { IsKnownToIlgpu = false }, "writes no code for it"],
        ["OpenCL 3.0", Intel, null],
        ["OpenCL 2.0", Intel with { Language = new(2, 0) }, null],
        ["OpenCL 1.2", Intel with { Language = new(1, 2) }, "it compiles OpenCL C 1.2, and 2.0 or newer is needed"],
        ["no doubles", Intel with { HasDoubles = false }, "it has no double precision"],
        ["the processor", Intel with { IsProcessor = true }, "the processor itself, taken only when asked for"],
        ["no generic address space", Intel with { HasGenericSpace = false }, "no generic address space; taken only when asked for"],
    ];

    [TestMethod]
    [DynamicData(nameof(Devices))]
    public void EveryDeviceIsListedWithWhyItIsNotTaken(string name, object device, string? refusal)
    {
        GpuFacts facts = (GpuFacts)device;
        FakeSource source = new() { Devices = { facts } };
        GpuFound found = GpuCatalogue.List(source).Single(found => found.Kind == facts.Kind);
        Assert.AreEqual((facts.Name, Memory), (found.Name, found.Memory), name);
        GpuKind? best = GpuCatalogue.Best(source, out IReadOnlyList<GpuFound> all);
        if (refusal is null)
        {
            Assert.IsNull(found.Refusal, name);
            Assert.AreEqual(facts.Kind, best, name);
        }
        else
        {
            Assert.Contains(refusal, found.Refusal!, name);
            Assert.IsNull(best, name);
            Assert.Contains($"{facts.Kind.Text()}: {facts.Name}, 8.0 GiB (", GpuCatalogue.Describe(all), name);
        }
    }

    [TestMethod]
    public void TheFirstThatIsTakenByItselfIsTheBestAndCudaComesFirst()
    {
        Assert.AreEqual(GpuKind.Cuda, GpuCatalogue.Best(new FakeSource { Devices = { Intel, Nvidia } }, out _));
        Assert.AreEqual(GpuKind.OpenCL, GpuCatalogue.Best(new FakeSource { Devices = { Nvidia with { Capability = new(3, 5) }, Intel } }, out _));
        Assert.AreEqual(GpuKind.OpenCL, GpuCatalogue.Best(new FakeSource { Devices = { Intel with { IsProcessor = true }, Intel } }, out _));
        Assert.IsNull(GpuCatalogue.Best(new FakeSource(), out IReadOnlyList<GpuFound> found));
        Assert.AreEqual("cuda, opencl: none, since no driver", GpuCatalogue.Describe(found));
    }

    [TestMethod]
    public void AskingForWhatIsNotThereListsWhatIs()
    {
        FakeSource source = new() { Devices = { Nvidia with { Driver = new(10, 0) } } };
        GpuNotFoundException e = Assert.ThrowsExactly<GpuNotFoundException>(() => GpuCatalogue.Open(source, GpuKind.OpenCL));
        Assert.StartsWith("There is no opencl device that can be used. Found: opencl: none, since no driver; cuda: RTX 3060, 8.0 GiB (its driver is for CUDA 10.0", e.Message);
        Assert.EndsWith("The processor is always there: --device cpu.", e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [TestMethod]
    public void ADriverThatFailsIsSaidWithItsOwnWords()
    {
        FakeSource source = new() { Devices = { Nvidia }, Failure = new DriverFault("unspecified launch failure.") };
        GpuNotFoundException e = Assert.ThrowsExactly<GpuNotFoundException>(() => GpuCatalogue.Open(source, GpuKind.Cuda));
        Assert.Contains("The cuda device does not start: unspecified launch failure.", e.Message);
        Assert.AreSame(source.Failure, e.InnerException);
        Assert.Contains("none, since no driver (unspecified launch failure)", GpuCatalogue.List(source)[0].Facts);
        Assert.IsNull(GpuCatalogue.Best(source, out _));
    }

    [TestMethod]
    [DataRow(false, true, 0, 0, 0, "there is no NVIDIA driver: no library libcuda.so.1")]
    [DataRow(true, false, 0, 0, 0, "is not an NVIDIA driver's")]
    [DataRow(true, true, 100, 12040, 0, "the NVIDIA driver (for CUDA 12.4) does not start, error 100: it sees no GPU")]
    [DataRow(true, true, 803, 12040, 0, "error 803: the kernel's driver and this library are of different versions")]
    [DataRow(true, true, 3, 12040, 0, "does not start, error 3")]
    [DataRow(true, true, 0, 12040, 0, "sees no GPU")]
    [DataRow(true, true, 0, 10020, 1, "(for CUDA 10.2) is too old: 1 GPU, but CUDA 11.0 or newer is needed")]
    [DataRow(true, true, 0, 12040, 2, "sees 2 GPUs, none of which ILGPU takes")]
    public void WhatNvidiasDriverAnswersBecomesAReason(bool isThere, bool isNvidia, int error, int version, int count, string expected) =>
        Assert.Contains(expected, new CudaDriverReport("libcuda.so.1", isThere, isNvidia, error, version, count).WhyNone);

    [TestMethod]
    public void ThisMachineIsListed()
    {
        IReadOnlyList<GpuFound> found = GpuCatalogue.List();
        foreach (GpuKind kind in Enum.GetValues<GpuKind>())
        {
            Assert.IsTrue(found.Any(device => device.Kind == kind && (device.Name is not null || device.Refusal is not null)), kind.ToString());
        }
    }

    private sealed class DriverFault(string message) : AcceleratorException(message)
    {
        public override AcceleratorType AcceleratorType => AcceleratorType.Cuda;
    }

    private sealed class FakeSource : IGpuSource
    {
        public List<GpuFacts> Devices { get; } = [];

        public Exception? Failure { get; init; }

        public IReadOnlyList<GpuFacts> Find(GpuKind kind) => Failure is null ? [.. Devices.Where(device => device.Kind == kind)] : throw Failure;

        public string WhyNone(GpuKind kind) => "no driver";

        public GpuHost? Open(GpuKind kind, bool emulates) => Failure is null ? null : throw Failure;
    }
}
