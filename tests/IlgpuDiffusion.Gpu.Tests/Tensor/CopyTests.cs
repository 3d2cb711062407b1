using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Gpu.Tests.Conformance;

namespace IlgpuDiffusion.Gpu.Tests.Tensor;

/// <summary>Emulated asynchronous copies land when their item waits for them, and not before.</summary>
[TestClass]
public sealed class CopyTests
{
    private const int Items = 64;

    private enum Wait
    {
        None,
        AllButOne,
        All,
        OfOneThatDidNotEnd,
    }

    [TestMethod]
    public void WithoutWaitingNothingHasLanded() => AssertLanded(Wait.None, false, false);

    [TestMethod]
    public void AllBatchesButTheLastLand() => AssertLanded(Wait.AllButOne, true, false);

    [TestMethod]
    public void AllBatchesLand() => AssertLanded(Wait.All, true, true);

    [TestMethod]
    public void CopiesThatNoBatchEndsDoNotLand() => AssertLanded(Wait.OfOneThatDidNotEnd, true, false);

    private static void AssertLanded(Wait wait, bool first, bool second)
    {
        using Lab lab = new();
        uint[] source = [.. Enumerable.Range(0, 2 * Items * 4).Select(i => (uint)i)];
        using MemoryBuffer1D<uint, Stride1D.Dense> from = lab.Accelerator.Allocate1D(source), to = lab.Accelerator.Allocate1D(new uint[4 * Items]);
        lab.Accelerator.LoadKernel<ArrayView<U4>, ArrayView<U4>, int>(Copies<EmulatedTensorCores<BFloat16>>)(
            lab.Stream, Launches.Emulated<BFloat16>(new(1, 1, 1), Items, 2 * Items * 16), ((ArrayView<uint>)from.View).Cast<U4>(), ((ArrayView<uint>)to.View).Cast<U4>(), (int)wait);
        lab.Accelerator.Synchronize();
        uint[] read = to.GetAsArray1D();
        for (int item = 0; item < Items; item++)
        {
            // Each warp reads what the other one copied: of a matrix's row, the word of the lane.
            int lane = item & 31, row = (item ^ 32) - lane + (lane / 4);
            Assert.AreEqual(first ? (uint)((row * 4) + (lane & 3)) : uint.MaxValue, read[2 * item], $"first batch, item {item}");
            Assert.AreEqual(second ? (uint)(((Items + row) * 4) + (lane & 3)) : uint.MaxValue, read[(2 * item) + 1], $"second batch, item {item}");
        }
    }

    // Two batches of a chunk an item; what is waited for is read by the other warp.
    private static void Copies<T>(ArrayView<U4> source, ArrayView<U4> result, int wait)
        where T : struct, ITensorCores
    {
        ArrayView<U4> shared = T.Shared();
        T.Start(shared);
        int item = Group.IdxX;
        T.Copy(shared, item, 0, source, item, 16);
        T.EndBatch(shared);
        T.Copy(shared, item, Items, source, Items + item, 16);
        if (wait != (int)Wait.OfOneThatDidNotEnd)
        {
            T.EndBatch(shared);
        }

        if (wait == (int)Wait.AllButOne)
        {
            T.AwaitAllButOne(shared);
        }
        else if (wait != (int)Wait.None)
        {
            T.AwaitAll(shared);
        }

        Group.Barrier();
        U4 first = T.Matrices(shared, item ^ 32, 0), second = T.Matrices(shared, item ^ 32, Items);
        ArrayView<uint> words = result.Cast<uint>();
        words[2 * item] = first.X;
        words[(2 * item) + 1] = second.X;
    }
}
