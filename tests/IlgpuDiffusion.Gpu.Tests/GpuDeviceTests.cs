using System.Runtime.InteropServices;
using ILGPU;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Gpu.Tests;

/// <summary>Memory, copies and moves of the device.</summary>
[TestClass]
public sealed class GpuDeviceTests
{
    private const int Count = 10007;

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(7)]
    [DataRow(5)]
    [DataRow(6)]
    [DataRow(20)]
    public void MovesAddInDoublePrecisionAndRoundOnce(int terms)
    {
        using GpuDevice device = TestDevice.Open();
        Random random = new(terms);
        float[][] x = [.. Enumerable.Range(0, Math.Max(1, terms)).Select(_ => Enumerable.Range(0, Count).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray())];
        double[] c = [.. Enumerable.Range(0, terms).Select(_ => random.NextDouble() - 0.5)];
        using DeviceMemory memory = device.Allocate((long)x.Length * Count * sizeof(float), "test");
        nint[] at = [.. x.Select((_, i) => memory.Address + (i * Count * sizeof(float)))];
        for (int i = 0; i < x.Length; i++)
        {
            device.Upload(at[i], MemoryMarshal.AsBytes<float>(x[i]));
        }

        // The target is one of the sources.
        device.Combine(at[^1], at.AsSpan(0, terms), c, Count);
        float[] y = new float[Count];
        device.Download(at[^1], MemoryMarshal.AsBytes(y.AsSpan()));
        for (int i = 0; i < Count; i++)
        {
            double sum = 0;
            for (int t = 0; t < terms; t++)
            {
                sum += c[t] * x[t][i];
            }

            Assert.AreEqual((float)sum, y[i]);
        }
    }

    [TestMethod]
    public void WeightsAreUploadedOnceAndFreedWithTheLast()
    {
        using GpuDevice device = TestDevice.Open();
        byte[] data = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];
        GCHandle pin = GCHandle.Alloc(data, GCHandleType.Pinned);
        try
        {
            WeightView view = new(pin.AddrOfPinnedObject(), data.Length, ElementType.U8);
            nint first = device.WeightAddress(view);
            Assert.AreEqual(first, device.WeightAddress(view));
            Assert.AreEqual(1000, device.Allocated);
            byte[] read = new byte[1000];
            device.Download(first, read);
            CollectionAssert.AreEqual(data, read);
            device.ReleaseWeight(view);
            Assert.AreEqual(1000, device.Allocated);
            device.ReleaseWeight(view);
            Assert.AreEqual(0, device.Allocated);

            // What lies at the address now is other data.
            data[0] = 77;
            nint second = device.WeightAddress(view);
            device.Download(second, read);
            Assert.AreEqual(77, read[0]);
        }
        finally
        {
            pin.Free();
        }
    }

    [TestMethod]
    public void SmallMemoryIsPiecesOfABlockAndTheBlockGoesWithTheLast()
    {
        using GpuDevice device = GpuDevice.Open(GpuKind.IlgpuCpu, new GpuDeviceOptions { Slabs = true });
        List<DriverCall> calls = [];
        device.Host.BeforeCall = calls.Add;
        DeviceMemory[] memory = [.. Enumerable.Range(0, 100).Select(i => device.Allocate(1 + (i * 1000), "test"))];
        Assert.AreEqual(1, calls.Count(call => call == DriverCall.Allocate), "calls of the driver for 100 pieces");
        byte[] data = new byte[100000], read = new byte[100000];
        for (int i = 0; i < memory.Length; i++)
        {
            Assert.AreEqual(0, memory[i].Address % 256);
            data.AsSpan().Fill((byte)i);
            device.Upload(memory[i].Address, data.AsSpan(0, 1 + (i * 1000)));
        }

        for (int i = 0; i < memory.Length; i++)
        {
            device.Download(memory[i].Address, read.AsSpan(0, 1 + (i * 1000)));
            Assert.IsFalse(read.AsSpan(0, 1 + (i * 1000)).ContainsAnyExcept((byte)i), $"piece {i}");
        }

        using DeviceMemory large = device.Allocate(17 << 20, "test");
        Assert.AreEqual(2, calls.Count(call => call == DriverCall.Allocate), "large memory is a block of its own");
        calls.Clear();
        foreach (DeviceMemory piece in memory)
        {
            piece.Dispose();
        }

        Assert.AreEqual(1, calls.Count(call => call == DriverCall.Free));
        Assert.AreEqual(17 << 20, device.Allocated);
    }

    [TestMethod]
    public void PartsOfABlockAreTakenGivenBackAndJoined()
    {
        FreeList list = new(1000);
        long[] parts = [list.Take(300), list.Take(300), list.Take(300)];
        CollectionAssert.AreEqual((long[])[0, 300, 600], parts);
        Assert.AreEqual(-1, list.Take(200));
        list.Return(0);
        list.Return(600);
        Assert.AreEqual(-1, list.Take(500), "two parts apart");
        Assert.AreEqual(700, list.Free);
        list.Return(300);
        Assert.IsTrue(list.IsEmpty);
        Assert.AreEqual(0, list.Take(1000));
        Assert.ThrowsExactly<ArgumentException>(() => list.Return(300));
    }

    [TestMethod]
    public void PartsOfABlockNeverOverlap()
    {
        FreeList list = new(1 << 16);
        Random random = new(5);
        Dictionary<long, long> taken = [];
        for (int i = 0; i < 5000; i++)
        {
            if (random.Next(2) == 0 && taken.Count > 0)
            {
                long offset = taken.Keys.ElementAt(random.Next(taken.Count));
                list.Return(offset);
                taken.Remove(offset);
            }
            else if (random.Next(1, 5000) is var size && list.Take(size) is >= 0 and var at)
            {
                Assert.IsFalse(taken.Any(part => part.Key < at + size && at < part.Key + part.Value));
                Assert.IsLessThanOrEqualTo(1 << 16, at + size);
                taken[at] = size;
            }

            Assert.AreEqual((1 << 16) - taken.Values.Sum(), list.Free);
        }
    }

    [TestMethod]
    public void TooLittleMemoryIsSaidWithWhatIsNeededAndWhatThereIs()
    {
        using GpuDevice device = TestDevice.Open(new GpuDeviceOptions { MemoryLimit = 10 << 20 });
        using DeviceMemory held = device.Allocate(4 << 20, "this");
        DeviceMemoryException e = Assert.ThrowsExactly<DeviceMemoryException>(() => device.Allocate(7 << 20, "activations"));
        Assert.Contains("needs 7 MiB of memory for activations, and 6 MiB of it are available", e.Message);
        Assert.Contains("smaller picture", e.Message);
        device.Allocate(6 << 20, "activations").Dispose();
    }

    [TestMethod]
    public void FreedMemoryIsFoundOut()
    {
        using GpuDevice device = TestDevice.Open();
        DeviceMemory memory = device.Allocate(64, "test");
        nint address = memory.Address;
        memory.Dispose();
        memory.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => device.Upload(address, new byte[4]));
        Assert.AreEqual(0, device.Allocated);
    }

    [TestMethod]
    public void TheNameSaysWhichIlgpuItIs()
    {
        using GpuDevice device = GpuDevice.Open(GpuKind.IlgpuCpu);
        Assert.AreEqual($"ilgpu-cpu ({IlgpuBuild.Text})", device.Name);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void TensorCoresAreEmulatedForThoseWhoAsk(bool emulates)
    {
        using GpuDevice device = GpuDevice.Open(GpuKind.IlgpuCpu, new GpuDeviceOptions { EmulatesTensorCores = emulates });
        Assert.AreEqual(emulates ? TensorCoreKind.Emulated : TensorCoreKind.None, device.Host.TensorCores);
        Assert.AreEqual(emulates, device.Host.Accelerator is { WarpSize: 32, MaxNumThreadsPerGroup: 256 });
    }

    [TestMethod]
    public void AMethodWithoutTheAttributeIsNoKernel()
    {
        using GpuDevice device = TestDevice.Open();
        ArgumentException e = Assert.ThrowsExactly<ArgumentException>(() => device.Host.Load<ArrayView<int>, int>(Unmarked));
        Assert.Contains("GpuDeviceTests.Unmarked is no kernel, since it lacks the attribute [Kernel]", e.Message);
    }

    private static void Unmarked(ArrayView<int> values, int value) => values[0] = value;
}
