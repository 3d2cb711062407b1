using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu.Tests;

[TestClass]
public sealed class CpuDeviceTests
{
    [TestMethod]
    public void BytesGoToTheDeviceAndBack()
    {
        using CpuDevice device = new();
        using DeviceMemory a = device.Allocate(5_000_000, "a test"), b = device.Allocate(5_000_000, "a test");
        byte[] data = new byte[5_000_000], back = new byte[5_000_000];
        new Random(1).NextBytes(data);
        device.Upload(a.Address, data);
        device.Copy(a.Address, b.Address, b.Bytes);
        device.Download(b.Address, back);
        CollectionAssert.AreEqual(data, back);
        Assert.AreEqual(0, a.Address % 64);
    }

    [TestMethod]
    public void TooLittleMemoryIsSaidWithNumbers()
    {
        using CpuDevice device = new(new CpuDeviceOptions { MemoryLimit = 10 << 20 });
        DeviceMemory first = device.Allocate(8 << 20, "weights");
        DeviceMemoryException e = Assert.ThrowsExactly<DeviceMemoryException>(() => device.Allocate(4 << 20, "the arena"));
        Assert.Contains("needs 4 MiB for the arena", e.Message);
        Assert.Contains("2 MiB are available", e.Message);
        first.Dispose();
        device.Allocate(9 << 20, "the arena").Dispose();
    }

    [TestMethod]
    public void MoreThanTheMachineHasIsRefused()
    {
        using CpuDevice device = new();
        Assert.ThrowsExactly<DeviceMemoryException>(() => device.Allocate(1L << 60, "a test"));
    }

    [TestMethod]
    public void CombinedTermsAreRoundedOnce()
    {
        using CpuDevice device = new();
        using DeviceMemory memory = device.Allocate(1024, "a test");
        float[] a = [1, 2, 3e8f], b = [1e-8f, -2, 1], result = new float[3];
        device.Upload(memory.Address, MemoryMarshal.AsBytes<float>(a));
        device.Upload(memory.Address + 64, MemoryMarshal.AsBytes<float>(b));
        device.Combine(memory.Address, [memory.Address, memory.Address + 64], [0.1, 1.0 / 3], 3);
        device.Download(memory.Address, MemoryMarshal.AsBytes(result.AsSpan()));
        for (int i = 0; i < 3; i++)
        {
            Assert.AreEqual((float)((0.1 * a[i]) + (1.0 / 3 * b[i])), result[i]);
        }
    }

    [TestMethod]
    public void ACancelledLaunchThrowsAndTheDeviceStaysUsable()
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 2 });
        using DeviceMemory memory = device.Allocate(1 << 20, "a test");
        TensorType type = new(new Shape(1, 1, 1, 100_000));
        Prepared prepared = device.Prepare(new Affine(2, 0), new Operands([type], [type]));
        Place place = new(Space.Arena, 0, 100_000, ElementType.F32);
        Launch launch = prepared.Bind([place, place], "test");
        Bases bases = new(0, 0, 0, 0, memory.Address);
        Assert.ThrowsExactly<OperationCanceledException>(() => launch.Run(bases, new CancellationToken(true)));
        launch.Run(bases, CancellationToken.None);
    }

    [TestMethod]
    public void NoThreadsAreRefused() => Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new CpuDevice(new CpuDeviceOptions { Threads = 0 }));
}
