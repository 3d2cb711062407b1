using ILGPU;

namespace IlgpuDiffusion.Gpu.Tests.Conformance;

/// <summary>Where an item is.</summary>
[TestClass]
public sealed class IndexTests
{
    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(3, 7)]
    [DataRow(5, 32)]
    public void ItemsOfALineWriteTheirPlace(int groups, int items)
    {
        using Lab lab = new();
        int[] places = lab.Fill<int>(Line, (groups, items), new int[groups * items]);
        CollectionAssert.AreEqual(Enumerable.Range(0, groups * items).Select(i => (i / items * 1000) + (i % items)).ToArray(), places);
    }

    [TestMethod]
    public void ItemsOfABlockWriteTheirPlace()
    {
        using Lab lab = new();
        int[] counts = lab.Fill<int>(Block, new KernelConfig(new Index3D(3, 2, 4), new Index3D(2, 3, 2)), new int[6 * 6 * 8]);
        CollectionAssert.AreEqual(Enumerable.Range(1, 6 * 6 * 8).ToArray(), counts);
    }

    [TestMethod]
    public void ItemsKnowTheSizesAndTheirOrder()
    {
        using Lab lab = new();
        int[] seen = lab.Fill<int>(Sizes, new KernelConfig(new Index2D(3, 2), new Index2D(5, 4)), new int[20]);
        CollectionAssert.AreEqual(Enumerable.Range(0, 20).Select(i => 325400 + i).ToArray(), seen);
    }

    [TestMethod]
    public void WarpsAreConsecutiveItems()
    {
        using Lab lab = new();
        int[] seen = lab.Fill<int>(Lanes, (1, 64), new int[64]);
        CollectionAssert.AreEqual(Enumerable.Range(0, 64).Select(i => (i / 32 * 100) + (i % 32)).ToArray(), seen);
    }

    private static void Line(ArrayView<int> places) => places[(Grid.IdxX * Group.DimX) + Group.IdxX] = (Grid.IdxX * 1000) + Group.IdxX;

    private static void Block(ArrayView<int> counts)
    {
        int x = (Grid.IdxX * Group.DimX) + Group.IdxX;
        int y = (Grid.IdxY * Group.DimY) + Group.IdxY;
        int z = (Grid.IdxZ * Group.DimZ) + Group.IdxZ;
        int at = (((z * Grid.DimY * Group.DimY) + y) * Grid.DimX * Group.DimX) + x;
        counts[at] += at + 1;
    }

    private static void Sizes(ArrayView<int> seen)
    {
        int linear = (Group.IdxY * Group.DimX) + Group.IdxX;
        if (Grid.IdxX == 2 && Grid.IdxY == 1 && linear == Group.LinearIndex)
        {
            seen[linear] = (Grid.DimX * 100000) + (Grid.DimY * 10000) + (Group.DimX * 1000) + (Group.DimY * 100) + linear;
        }
    }

    private static void Lanes(ArrayView<int> seen) => seen[Group.IdxX] = (Warp.WarpIdx * 100) + Warp.LaneIdx;
}
