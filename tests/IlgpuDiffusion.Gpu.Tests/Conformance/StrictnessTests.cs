using ILGPU;
using ILGPU.Runtime;

namespace IlgpuDiffusion.Gpu.Tests.Conformance;

/// <summary>What a GPU does silently, and the subset names: every message has the kernel.</summary>
[TestClass]
public sealed class StrictnessTests
{
    [TestMethod]
    public void AccessOutsideOfAView()
    {
        Refused(Outside, (1, 9), "Outside, group (0, 0, 0), item (8, 0, 0): index 8 is outside of a view of 8 Int32");
        Refused(Negative, (1, 1), "Negative, group (0, 0, 0), item (0, 0, 0): index -1");
        Refused(WrongPart, (1, 1), "WrongPart");
    }

    [TestMethod]
    public void CastsToWideElementsOffTheirAlignment() => Refused(Misaligned, (1, 1), "Misaligned, group (0, 0, 0), item (0, 0, 0): a view of Int32 that does not begin at a multiple of 8 bytes");

    [TestMethod]
    public void BarriersThatNotAllReach()
    {
        Refused(HalfBarrier, (1, 8), "HalfBarrier, group (0, 0, 0): a meeting that not all reach: 4 of 8 items wait at Group.Barrier, item 0 the first; 4 of 8 items have ended");
        Refused(HalfShuffle, (1, 8), "HalfShuffle");
        Refused(MixedExchange, (1, 8), "MixedExchange");
        Refused(AbsentLane, (1, 8), "AbsentLane, group (0, 0, 0), item (0, 0, 0): Warp.Shuffle reads lane 9 of a warp of 8");
    }

    [TestMethod]
    public void AnAcceleratorGoesOnAfterAFault()
    {
        using Lab lab = new();
        Assert.Throws<InvalidOperationException>(() => lab.Fill<int>(HalfBarrier, (2, 8), new int[8]));
        CollectionAssert.AreEqual(new[] { 8, 8, 8, 8, 8, 8, 8, 8 }, lab.Fill<int>(WholeBarrier, (1, 8), new int[8]));
    }

    [TestMethod]
    public void DynamicSharedMemoryAskedForTwice() => Refused(TwiceDynamic, (1, 2), "TwiceDynamic, group (0, 0, 0), item (0, 0, 0): asks for dynamic shared memory a second time");

    [TestMethod]
    public void SharedAndLocalMemoryHoldNoNumbersAtFirst()
    {
        using Lab lab = new();
        float[] values = lab.Fill<float>(Unset, new KernelConfig(2, 4, SharedMemoryConfig.RequestDynamic<float>(4)), new float[24]);
        Assert.IsTrue(values.All(float.IsNaN));
    }

    [TestMethod]
    public void NewBuffersHoldNoNumbers()
    {
        using Lab lab = new();
        using MemoryBuffer1D<float, Stride1D.Dense> buffer = lab.Accelerator.Allocate1D<float>(100);
        Assert.IsTrue(buffer.GetAsArray1D().All(float.IsNaN));
    }

    [TestMethod]
    public void LimitsOfLaunches()
    {
        Refused(WholeBarrier, (1, 1025), "WholeBarrier: a launch of");
        Refused(WholeBarrier, (0, 1), "is empty");
        Refused(WholeBarrier, new KernelConfig(new Index3D(1, 65536, 1), new Index3D(1, 1, 1)), "largest grid");
        Refused(WholeBarrier, new KernelConfig(new Index3D(1, 1, 1), new Index3D(1, 1, 65)), "largest group");
        Refused(WholeBarrier, new KernelConfig(1, 1, SharedMemoryConfig.RequestDynamic<byte>((227 << 10) + 1)), "dynamic shared memory");
        Refused(TooMuchShared, (1, 1), "TooMuchShared, group (0, 0, 0), item (0, 0, 0): more than 48 KiB of static shared memory");
        using Lab lab = new();
        using MemoryBuffer1D<int, Stride1D.Dense> buffer = lab.Accelerator.Allocate1D<int>(64);
        Action<AcceleratorStream, KernelConfig, ArrayView<int>> kernel = lab.Accelerator.LoadKernel<ArrayView<int>>(WholeBarrier, new KernelSpecialization(32, null));
        InvalidOperationException refusal = Assert.Throws<InvalidOperationException>(() => kernel(lab.Stream, (1, 33), buffer.View));
        Assert.Contains("the 32 items that the kernel was loaded for", refusal.Message);
    }

    [TestMethod]
    public void DisposedBuffers()
    {
        using Lab lab = new();
        MemoryBuffer1D<int, Stride1D.Dense> buffer = lab.Accelerator.Allocate1D<int>(8);
        ArrayView<int> view = buffer.View;
        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => buffer.View);
        Action<AcceleratorStream, KernelConfig, ArrayView<int>> kernel = lab.Accelerator.LoadKernel<ArrayView<int>>(Outside);
        InvalidOperationException refusal = Assert.Throws<InvalidOperationException>(() => kernel(lab.Stream, (1, 1), view));
        Assert.Contains("Outside: an argument of ArrayView`1 lies in a buffer that was disposed", refusal.Message);
        Action<AcceleratorStream, KernelConfig, Holder> nested = lab.Accelerator.LoadKernel<Holder>(Nested);
        refusal = Assert.Throws<InvalidOperationException>(() => nested(lab.Stream, (1, 1), new() { Inner = new() { Values = view } }));
        Assert.Contains("Nested: an argument of Holder", refusal.Message);
    }

    private static void Refused(Action<ArrayView<int>> kernel, KernelConfig config, string message)
    {
        using Lab lab = new();
        InvalidOperationException fault = Assert.Throws<InvalidOperationException>(() => lab.Fill(kernel, config, new int[8]));
        Assert.Contains(message, fault.Message);
        Assert.Contains($"{nameof(StrictnessTests)}.{kernel.Method.Name}", fault.Message);
    }

    private static void Outside(ArrayView<int> values) => values[Group.IdxX] = 1;

    private static void Negative(ArrayView<int> values) => values[Group.IdxX - 1] = 1;

    private static void WrongPart(ArrayView<int> values) => values.SubView(6, 3)[0] = 1;

    private static void Misaligned(ArrayView<int> values) => values.SubView(1).Cast<long>()[0] = 1;

    private static void HalfBarrier(ArrayView<int> values)
    {
        if (Group.IdxX < 4)
        {
            Group.Barrier();
        }
    }

    private static void WholeBarrier(ArrayView<int> values) => values[Group.IdxX] = Group.BarrierPopCount(true);

    private static void HalfShuffle(ArrayView<int> values)
    {
        if (Group.IdxX < 4)
        {
            values[Group.IdxX] = Warp.Shuffle(values[Group.IdxX], 0);
        }
    }

    private static void MixedExchange(ArrayView<int> values) =>
        values[Group.IdxX] = Group.IdxX < 4 ? Warp.Shuffle(1, 0) : Warp.ShuffleXor(1, 1);

    private static void AbsentLane(ArrayView<int> values) => values[Group.IdxX] = Warp.Shuffle(values[Group.IdxX], 9);

    private static void TooMuchShared(ArrayView<int> values) => values[0] = SharedMemory.Allocate<int>(12289)[0];

    private static void TwiceDynamic(ArrayView<int> values) => values[0] = SharedMemory.GetDynamic<int>().IntLength + SharedMemory.GetDynamic<int>().IntLength;

    private static void Unset(ArrayView<float> values)
    {
        int at = ((Grid.IdxX * 4) + Group.IdxX) * 3;
        values[at] = SharedMemory.Allocate<float>(4)[Group.IdxX];
        values[at + 1] = LocalMemory.Allocate<float>(4)[Group.IdxX];
        values[at + 2] = SharedMemory.GetDynamic<float>()[Group.IdxX];
    }

    private static void Nested(Holder holder) => holder.Inner.Values[0] = 1;

    private struct Inner
    {
        public ArrayView<int> Values;
    }

    private struct Holder
    {
        public Inner Inner;
    }
}
