namespace IlgpuDiffusion.Gpu.Tests.Tensor;

/// <summary>
/// Where the lanes of a warp read and write shared memory at once: eight lanes' chunks of 16 bytes are one access if they lie in eight different
/// banks (places modulo 8), which the kernels' own functions of places are held to; and how many lines of 128 bytes a warp's copy asks for.
/// </summary>
[TestClass]
public sealed class BankTests
{
    public static IEnumerable<object[]> Slices => Heads.All.Select(slices => new object[] { slices });

    [TestMethod]
    [DynamicData(nameof(Slices))]
    public void AttentionsOperandsLieInDifferentBanks(int slices)
    {
        for (int slice = 0; slice < slices; slice++)
        {
            for (int rows = 0; rows < HeadTile.Rows; rows += 16)
            {
                int further = rows * 2 * slices;
                Assert.AreEqual(1, Degree(lane => Chunk(HeadTile.Left((2 * rows) + lane, slices), slices, slice)), $"queries, slice {slice}");
                Assert.AreEqual(1, Degree(lane => Chunk(HeadTile.Keys(lane, slices), slices, slice) + further), $"keys, slice {slice}");
                Assert.AreEqual(1, Degree(lane => Chunk(HeadTile.Values(lane, slices), slices, slice) + further), $"values, slice {slice}");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Slices))]
    public void AttentionsCopiesLieInDifferentBanksAndWholeLines(int slices)
    {
        HashSet<int> written = [];
        int first = 0;
        foreach (int count in Parts(slices))
        {
            for (int warp = 0; warp < HeadTile.Threads / 32; warp++)
            {
                int slice = first, start = 32 * warp;
                Assert.AreEqual(1, Degree(lane => Chunk(HeadTile.Copied(start + lane, slices, count), slices, 0) + (2 * slice)), $"slices {first} and on");
                int rows = Enumerable.Range(start, 32).Select(item => HeadTile.CopiedRow(item, slices, count)).Distinct().Count();
                Assert.AreEqual(16 / count, rows, "rows");
            }

            // The places of the first step, and of the others as many rows further.
            for (int item = 0; item < HeadTile.Threads; item++)
            {
                for (int row = 0; row < HeadTile.Rows; row += HeadTile.Threads / (2 * count))
                {
                    Assert.IsTrue(written.Add(Chunk(HeadTile.Copied(item, slices, count), slices, 0) + (2 * first) + (row * 2 * slices)), "A place is written twice.");
                }
            }

            first += count;
        }

        Assert.HasCount(HeadTile.Rows * 2 * slices, written);
        Assert.AreEqual(0, written.Min());
        Assert.AreEqual((HeadTile.Rows * 2 * slices) - 1, written.Max());
    }

    [TestMethod]
    [DynamicData(nameof(Slices))]
    public void CopiesOfScatteredRowsMeetInABankTwiceAtMost(int slices)
    {
        for (int slice = 0; slice < slices; slice++)
        {
            for (int warp = 0; warp < HeadTile.Threads / 32; warp++)
            {
                Assert.IsLessThanOrEqualTo(2, Degree(lane => Chunk(HeadTile.Copied((32 * warp) + lane, slices), slices, slice)));
            }
        }
    }

    [TestMethod]
    public void AProductsCopiesLieInDifferentBanks()
    {
        for (int warp = 0; warp < GemmTile.Threads(32) / 32; warp++)
        {
            Assert.AreEqual(1, Degree(lane => GemmTile.Place(((32 * warp) + lane) / GemmTile.Chunks, lane % GemmTile.Chunks)));
        }
    }

    [TestMethod]
    public void AProductsOperandsLieInDifferentBanks()
    {
        for (int rows = 0; rows < 128; rows += 16)
        {
            for (int chunk = 0; chunk < GemmTile.Chunks; chunk += 2)
            {
                Assert.AreEqual(1, Degree(lane => GemmTile.Place(rows + (lane & 15), chunk + (lane >> 4))), "left");
                Assert.AreEqual(1, Degree(lane => GemmTile.Place(rows + (lane & 7) + ((lane >> 4) << 3), chunk + ((lane >> 3) & 1))), "right");
            }
        }
    }

    // The head of a number of slices is composed of four, two and one.
    private static IEnumerable<int> Parts(int slices) => slices switch { 3 => [2, 1], 4 => [4], 5 => [4, 1], 8 => [4, 4], _ => [4, 4, 2] };

    private static int Chunk(LanePlace place, int slices, int slice) => LanePlace.At(place, slices, slice) + LanePlace.Further(slices, slice);

    // The most of eight neighbouring lanes that meet in a bank.
    private static int Degree(Func<int, int> place) => Enumerable.Range(0, 4).Max(part => Enumerable.Range(8 * part, 8).GroupBy(lane => place(lane) % 8).Max(bank => bank.Count()));
}
