using System.Collections.Concurrent;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Weights;

/// <summary>Tensors in another form than their file's are made by as many threads as may work, and are the same for any number.</summary>
[TestClass]
public sealed unsafe class MadeTensorsTests
{
    private const int Count = (5 << 18) + 7;

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    public void NoMoreThreadsWorkThanMay(int threads)
    {
        using MadeTensors maker = new();
        ConcurrentDictionary<int, bool> seen = [];
        (int at, int most) = (0, 0);
        WeightTensor tensor = maker.Make("x", ElementType.F32, [Count], "memory", (start, count, to) =>
        {
            int now = Interlocked.Increment(ref at);
            InterlockedMax(ref most, now);
            seen[Environment.CurrentManagedThreadId] = true;
            Thread.Sleep(2);
            for (long i = 0; i < count; i++)
            {
                ((float*)to)[i] = start + i;
            }

            Interlocked.Decrement(ref at);
        });
        tensor.Make(threads);
        Assert.IsLessThanOrEqualTo(threads, most);
        if (threads == 1)
        {
            CollectionAssert.AreEqual(new[] { Environment.CurrentManagedThreadId }, seen.Keys.ToArray());
        }

        float[] part = new float[3 << 18];
        fixed (float* to = part)
        {
            tensor.Rows("rows", 11, part.Length).CopyTo(0, part.Length, (byte*)to, threads);
        }

        float[] whole = tensor.ToSingles();
        for (int i = 0; i < Count; i++)
        {
            Assert.IsTrue(whole[i] == i && (i >= part.Length || part[i] == i + 11), $"{i}");
        }
    }

    [TestMethod]
    public void DevicesKnowHowManyMay()
    {
        using CpuDevice own = new(new CpuDeviceOptions { Threads = 3 });
        Assert.AreEqual(3, own.HostThreads);
        using Device limited = new PipelineOptions { Threads = 2 }.StartDevice(), gpu = new PipelineOptions { Threads = 1, Device = () => GpuDevice.Open(GpuKind.IlgpuCpu) }.StartDevice(), free = new PipelineOptions { Device = () => GpuDevice.Open(GpuKind.IlgpuCpu) }.StartDevice();
        Assert.AreEqual((2, 1, Environment.ProcessorCount), (limited.HostThreads, gpu.HostThreads, free.HostThreads));
    }

    private static void InterlockedMax(ref int most, int now)
    {
        for (int known = most; now > known; known = most)
        {
            Interlocked.CompareExchange(ref most, now, known);
        }
    }
}
