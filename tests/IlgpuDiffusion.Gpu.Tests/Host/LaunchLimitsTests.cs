using ILGPU;
using IlgpuDiffusion.Testing.Ptx;

namespace IlgpuDiffusion.Gpu.Tests.Host;

/// <summary>Launches beyond what a device can are refused before a driver sees them, and so is memory that was freed.</summary>
[TestClass]
public sealed class LaunchLimitsTests
{
    private static GpuHost _host = null!;

    [ClassInitialize]
    public static void Open(TestContext context) => _host = GpuHost.Open(GpuKind.IlgpuCpu, runner: new PtxRunner())!;

    [ClassCleanup]
    public static void Close() => _host.Dispose();

    [TestMethod]
    public void MoreItemsThanAGroupTakesAreRefused()
    {
        Assert.AreEqual(1024, _host.Groups(new Index3D(1, 1, 1), new GroupForm(1024, 1, 0)).GroupDim.Size);
        Refused("A launch of 1056 items a group", new Index3D(1, 1, 1), new GroupForm(1056, 1, 0));
    }

    [TestMethod]
    public void MoreGroupsThanALaunchTakesAreRefused()
    {
        Assert.AreEqual(65535, _host.Groups(new Index3D(70000, 65535, 1), new GroupForm(128, 1, 0)).GridDim.Y);
        Refused("A launch of (1, 65536, 1) groups", new Index3D(1, 65536, 1), new GroupForm(128, 1, 0));
        Refused("A launch of (1, 1, 65536) groups", new Index3D(1, 1, 65536), new GroupForm(128, 1, 0));
        Refused("A launch of (0, 1, 1) groups", new Index3D(0, 1, 1), new GroupForm(128, 1, 0));
    }

    [TestMethod]
    public void MoreSharedMemoryThanAGroupHasIsRefused()
    {
        Assert.AreEqual(_host.SharedBytes, 4 * _host.Groups(new Index3D(1, 1, 1), new GroupForm(128, 1, _host.SharedBytes)).SharedMemoryConfig.NumElements);
        Refused($"A launch with {_host.SharedBytes + 4} bytes of shared memory a group", new Index3D(1, 1, 1), new GroupForm(128, 1, _host.SharedBytes + 4));
    }

    [TestMethod]
    public void MemoryThatWasFreedHasNoView()
    {
        nint address = _host.Allocate(64);
        Assert.AreEqual(16, _host.View<float>(address, 16).Length);
        _host.Free(address);
        Assert.ThrowsExactly<ObjectDisposedException>(() => _host.View<float>(address, 16));
    }

    private static void Refused(string message, Index3D groups, GroupForm form) =>
        Assert.Contains(message, Assert.ThrowsExactly<InvalidOperationException>(() => _host.Groups(groups, form)).Message);
}
