using ILGPU;

namespace IlgpuDiffusion.Gpu.Tests.Conformance;

/// <summary>Shared memory, barriers and exchange within a warp.</summary>
[TestClass]
public sealed class MeetingTests
{
    [TestMethod]
    [DataRow(2)]
    [DataRow(64)]
    public void AGroupReversesItsNumbersThroughSharedMemory(int items)
    {
        using Lab lab = new();
        int[] result = lab.Fill<int>(Reverse, (3, items), [.. Enumerable.Range(0, 3 * items)]);
        CollectionAssert.AreEqual(Enumerable.Range(0, 3 * items).Select(i => (i / items * items) + items - 1 - (i % items)).ToArray(), result);
    }

    [TestMethod]
    public void AGroupSumsInATree()
    {
        using Lab lab = new();
        float[] sums = lab.Map<float, float>(Sum, (4, 64), [.. Enumerable.Range(0, 256).Select(i => (float)i)], 4);
        CollectionAssert.AreEqual(new float[] { 2016, 6112, 10208, 14304 }, sums);
    }

    [TestMethod]
    public void TwoAllocationsDoNotOverlap()
    {
        using Lab lab = new();
        CollectionAssert.AreEqual(Enumerable.Range(0, 8).Select(i => i + (100 * (7 - i))).ToArray(), lab.Fill<int>(Two, (1, 8), new int[8]));
    }

    [TestMethod]
    public void DynamicSharedMemoryIsAsLargeAsTheLaunchSays()
    {
        using Lab lab = new();
        int[] result = lab.Fill<int>(Dynamic, new KernelConfig(1, 16, SharedMemoryConfig.RequestDynamic<int>(40)), new int[16]);
        CollectionAssert.AreEqual(Enumerable.Range(0, 16).Select(i => 4000 + 15 - i).ToArray(), result);
    }

    [TestMethod]
    public void BarriersCountAndVote()
    {
        using Lab lab = new();
        CollectionAssert.AreEqual(Enumerable.Repeat(1101, 12).ToArray(), lab.Fill<int>(Votes, (1, 12), new int[12]));
    }

    [TestMethod]
    public void LanesShuffle()
    {
        using Lab lab = new();
        int[] result = lab.Fill<int>(Shuffles, (1, 64), new int[4 * 64]);
        for (int i = 0; i < 64; i++)
        {
            int warp = i & ~31;
            Assert.AreEqual(warp + (i * 5 % 32), result[i], $"shuffle, item {i}");
            Assert.AreEqual(i ^ 6, result[64 + i], $"xor, item {i}");
            Assert.AreEqual((i & 31) + 3 < 32 ? i + 3 : i, result[128 + i], $"down, item {i}");
            Assert.AreEqual((i & 31) >= 2 ? i - 2 : i, result[192 + i], $"up, item {i}");
        }
    }

    [TestMethod]
    public void AWarpSumsByExchanging()
    {
        using Lab lab = new();
        float[] sums = lab.Map<float, float>(WarpSum, (1, 64), [.. Enumerable.Range(0, 64).Select(i => (float)i)], 64);
        CollectionAssert.AreEqual(Enumerable.Range(0, 64).Select(i => i < 32 ? 496f : 1520f).ToArray(), sums);
    }

    [TestMethod]
    public void LanesOfOneWarpMayTakeTheLoopApart()
    {
        using Lab lab = new();
        CollectionAssert.AreEqual(Enumerable.Range(0, 64).Select(i => 10 * (i % 3)).ToArray(), lab.Fill<int>(Loops, (1, 64), new int[64]));
    }

    private static void Reverse(ArrayView<int> values)
    {
        ArrayView<int> shared = SharedMemory.Allocate<int>(64);
        int at = (Grid.IdxX * Group.DimX) + Group.IdxX;
        shared[Group.IdxX] = values[at];
        Group.Barrier();
        values[at] = shared[Group.DimX - 1 - Group.IdxX];
    }

    private static void Sum(ArrayView<float> values, ArrayView<float> sums)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(64);
        shared[Group.IdxX] = values[(Grid.IdxX * Group.DimX) + Group.IdxX];
        for (int half = 32; half > 0; half >>= 1)
        {
            Group.Barrier();
            if (Group.IdxX < half)
            {
                shared[Group.IdxX] += shared[Group.IdxX + half];
            }
        }

        if (Group.IdxX == 0)
        {
            sums[Grid.IdxX] = shared[0];
        }
    }

    private static void Two(ArrayView<int> values)
    {
        ArrayView<int> a = SharedMemory.Allocate<int>(8);
        ArrayView<int> b = SharedMemory.Allocate<int>(8);
        a[Group.IdxX] = Group.IdxX;
        b[7 - Group.IdxX] = 100 * Group.IdxX;
        Group.Barrier();
        values[Group.IdxX] = a[Group.IdxX] + b[Group.IdxX];
    }

    private static void Dynamic(ArrayView<int> values)
    {
        ArrayView<int> all = SharedMemory.GetDynamic<int>();
        ArrayView<int> part = all.SubView(8, 16);
        part[Group.IdxX] = Group.IdxX;
        Group.Barrier();
        values[Group.IdxX] = (all.IntLength * 100) + part[15 - Group.IdxX];
    }

    private static void Votes(ArrayView<int> values)
    {
        int odd = Group.BarrierPopCount((Group.IdxX & 1) == 1);
        bool all = Group.BarrierAnd(Group.IdxX < 12);
        bool any = Group.BarrierOr(Group.IdxX == 5);
        bool none = Group.BarrierOr(Group.IdxX == 50);
        values[Group.IdxX] = (odd == 6 ? 1 : 0) + (none ? 10 : 0) + (any ? 100 : 0) + (all ? 1000 : 0);
    }

    private static void Shuffles(ArrayView<int> values)
    {
        int i = Group.IdxX;
        values[i] = Warp.Shuffle(i, Warp.LaneIdx * 5 % 32);
        values[64 + i] = Warp.ShuffleXor(i, 6);
        values[128 + i] = Warp.ShuffleDown(i, 3);
        values[192 + i] = Warp.ShuffleUp(i, 2);
    }

    private static void WarpSum(ArrayView<float> values, ArrayView<float> sums)
    {
        float sum = values[Group.IdxX];
        for (int lane = 16; lane > 0; lane >>= 1)
        {
            sum += Warp.ShuffleXor(sum, lane);
        }

        sums[Group.IdxX] = sum;
    }

    private static void Loops(ArrayView<int> values)
    {
        ArrayView<int> shared = SharedMemory.Allocate<int>(64);
        int sum = 0;
        for (int i = 0; i < Group.IdxX % 3; i++)
        {
            sum += 10;
        }

        shared[Group.IdxX] = sum;
        Group.Barrier();
        values[Group.IdxX] = shared[Group.IdxX];
    }
}
