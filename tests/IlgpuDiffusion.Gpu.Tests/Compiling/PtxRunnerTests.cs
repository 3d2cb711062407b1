using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using IlgpuDiffusion.Testing.Ptx;

namespace IlgpuDiffusion.Gpu.Tests.Compiling;

/// <summary>What a GPU does in silence is told by the interpreter with the kernel, the group, the item and the instruction.</summary>
[TestClass]
public sealed class PtxRunnerTests
{
    private static Accelerator _accelerator = null!;
    private static Context _context = null!;

    [ClassInitialize]
    public static void Open(TestContext context)
    {
        _context = Context.Create(builder => builder.CPU());
        _accelerator = _context.Devices[0].CreateAccelerator(_context);
    }

    [ClassCleanup]
    public static void Close()
    {
        _accelerator.Dispose();
        _context.Dispose();
    }

    [TestMethod]
    public void ItemsAndGroupsAreNumbered() =>
        CollectionAssert.AreEqual(Enumerable.Range(0, 192).ToArray(), Run(Numbered, 3, 64, 192));

    [TestMethod]
    public void AnAccessOutsideOfAViewIsFound() => Fails("PtxRunnerTests.Numbered: Kernel_Numbered, group (2, 0, 0): Item 62 reads or writes outside of every view: st.b32", Numbered, 3, 64, 190);

    [TestMethod]
    public void AnAccessOffItsAlignmentIsFound() => Fails("Item 0 is off the alignment: st.v4.b32", Misaligned, 1, 32, 64);

    [TestMethod]
    public void WhatOneItemWroteAnotherReadsBehindABarrierOnly()
    {
        CollectionAssert.AreEqual(Enumerable.Range(0, 64).Select(i => i ^ 32).ToArray(), Run(Swapped, 1, 64, 64));
        Fails("reads what another item wrote since the last barrier: ld.shared.b32", Raced, 1, 64, 64);
    }

    [TestMethod]
    public void ABarrierThatPartOfAWarpReachesIsFound() => Fails("is without the rest of its warp: bar.sync", Parted, 1, 32, 32);

    private static int[] Run(Action<ArrayView<int>> kernel, int groups, int items, int count)
    {
        using MemoryBuffer1D<int, Stride1D.Dense> buffer = _accelerator.Allocate1D(new int[count]);
        new PtxRunner().Run(kernel.Method, default, (groups, items), [(ArrayView<int>)buffer.View]);
        return buffer.GetAsArray1D();
    }

    private static void Fails(string message, Action<ArrayView<int>> kernel, int groups, int items, int count) =>
        Assert.Contains(message, Assert.ThrowsExactly<InvalidOperationException>(() => Run(kernel, groups, items, count)).Message);

    private static void Numbered(ArrayView<int> y) => y[(Grid.IdxX * Group.DimX) + Group.IdxX] = (Grid.IdxX * Group.DimX) + Group.IdxX;

    // Views' beginnings are said to be aligned, and a part of one from an odd place is said so too.
    private static void Misaligned(ArrayView<int> y)
    {
        uint item = (uint)Group.IdxX;
        y.SubView(1 + (4 * Grid.IdxX), 8).AsAligned(16).Cast<U4>()[Group.IdxX & 1] = new U4 { X = item, Y = item, Z = item, W = item };
    }

    private static void Swapped(ArrayView<int> y)
    {
        ArrayView<int> shared = SharedMemory.Allocate<int>(64);
        shared[Group.IdxX] = Group.IdxX;
        Group.Barrier();
        y[Group.IdxX] = shared[Group.IdxX ^ 32];
    }

    private static void Raced(ArrayView<int> y)
    {
        ArrayView<int> shared = SharedMemory.Allocate<int>(64);
        shared[Group.IdxX] = Group.IdxX;
        y[Group.IdxX] = shared[Group.IdxX ^ 1];
    }

    private static void Parted(ArrayView<int> y)
    {
        if (Group.IdxX < 16)
        {
            y[Group.IdxX] = 1;
            Group.Barrier();
        }

        y[Group.IdxX] = 2;
    }
}
