using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Gpu.Tests.Conformance;

namespace IlgpuDiffusion.Gpu.Tests.Watching;

/// <summary>What goes wrong in a kernel on the processor is told with the kernel's name.</summary>
[TestClass]
public sealed class WatchingTests
{
    [TestMethod]
    public void AnAccessOutsideOfAViewNamesKernelGroupAndItem()
    {
        using Lab lab = new();
        InvalidOperationException e = Assert.ThrowsExactly<InvalidOperationException>(() => lab.Fill(OnePastTheEnd, (2, 3), new int[8]));
        Assert.Contains("faults of WatchingTests.OnePastTheEnd", e.Message);
        Assert.Contains("group (1, 0, 0), item (2, 0, 0): Index out of range", e.Message);
    }

    [TestMethod]
    public void AKernelThatDoesNotComeBackEndsTheRunByItsName()
    {
        DateTime now = DateTime.UnixEpoch;
        List<string> ended = [];
        KernelWatch watch = new(TimeSpan.FromSeconds(30), () => now, ended.Add);
        watch.Begins(((Action<ArrayView<int>>)OnePastTheEnd).Method);
        now += TimeSpan.FromSeconds(29);
        watch.Look();
        Assert.IsEmpty(ended);
        now += TimeSpan.FromSeconds(2);
        watch.Look();
        Assert.Contains("The kernel WatchingTests.OnePastTheEnd has not come back for 30 s", ended.Single());
        watch.Ended();
        watch.Look();
        Assert.HasCount(1, ended);
    }

    // Six items of a view of eight: the last one writes three further than it may.
    [Kernel]
    private static void OnePastTheEnd(ArrayView<int> y)
    {
        ArrayView<int> part = y.SubView(0, 5);
        part[(Grid.IdxX * Group.DimX) + Group.IdxX] = 1;
    }
}
