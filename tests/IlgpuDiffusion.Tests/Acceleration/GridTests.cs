using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Tests.Acceleration;

[TestClass]
public sealed class GridTests
{
    [TestMethod]
    public void ShiftedTilesPartitionAnySideAndNoneIsLessThanHalfOne()
    {
        foreach (int side in (int[])[1, 2, 7, 32, 76, 127, 135, 256])
        {
            for (int count = 1; count <= Math.Min(side, 9); count++)
            {
                int tile = (side + count - 1) / count;
                (int most, int longest) = AxisCuts.MostShifted(side, count);
                for (int shift = 0; shift <= tile; shift++)
                {
                    int[] lines = AxisCuts.Shifted(side, count, shift);
                    Assert.AreEqual(0, lines[0]);
                    Assert.AreEqual(side, lines[^1]);
                    Assert.IsLessThanOrEqualTo(most, lines.Length - 1);
                    Assert.IsLessThanOrEqualTo(longest, AxisCuts.Longest(lines));
                    for (int i = 1; i < lines.Length; i++)
                    {
                        int size = lines[i] - lines[i - 1];
                        Assert.IsGreaterThanOrEqualTo(Math.Min(side, tile), 2 * size, $"{side}, {count} tiles, moved by {shift}");
                        Assert.IsLessThan((1.5 * tile) + 1, size);
                    }
                }
            }
        }
    }

    [TestMethod]
    public void TilesThatDoNotDivideASideLeaveASmallerLastOne()
    {
        CollectionAssert.AreEqual(new[] { 0, 34, 68, 102, 135 }, AxisCuts.Even(135, 4));
        CollectionAssert.AreEqual(new[] { 0, 127 }, AxisCuts.Even(127, 1));
        CollectionAssert.AreEqual(new[] { 0, 3, 0, 2, 0, 3, 2, 5, 3, 5, 0, 2, 3, 5, 2, 5, 0, 0, 0, 0 }, new TileGrid([0, 3, 5], [0, 2, 5]).Rectangles(5));
    }

    [TestMethod]
    public void EveryTileTouchesACoarsePointAndEveryCoarsePointStandsInOneTile()
    {
        foreach ((int height, int width, int rows, int columns) in new[] { (16, 24, 8, 12), (15, 21, 5, 8), (7, 9, 2, 3), (64, 64, 13, 31) })
        {
            TileGrid tiles = new(AxisCuts.Shifted(height, 3, 2), AxisCuts.Shifted(width, 4, 1));
            foreach (GridMethod method in (GridMethod[])[GridMethod.Nearest, GridMethod.NearestExact, GridMethod.Bilinear, GridMethod.Average])
            {
                int[] y = AxisTaps.Of(method, height, rows).StandsFor(height), x = AxisTaps.Of(method, width, columns).StandsFor(width);
                int[] standing = tiles.StandingFor(y, x, tiles.Count);
                Assert.AreEqual(rows * columns, standing.Chunk(4).Sum(r => (r[1] - r[0]) * (r[3] - r[2])));
                Assert.IsTrue(tiles.Touching(new Grid(rows, columns), tiles.Count).Chunk(4).All(r => r[1] > r[0] && r[3] > r[2] && r[1] <= rows && r[3] <= columns));
                foreach ((int[] coarse, int[] fine) in standing.Chunk(4).Zip(tiles.Rectangles(tiles.Count).Chunk(4)))
                {
                    Assert.IsTrue(y[coarse[0]..coarse[1]].All(p => p >= fine[0] && p < fine[1]) && x[coarse[2]..coarse[3]].All(p => p >= fine[2] && p < fine[3]));
                }
            }
        }
    }

    [TestMethod]
    public void FactorOneIsTheGridItself()
    {
        foreach (GridMethod method in Enum.GetValues<GridMethod>())
        {
            AxisTaps taps = AxisTaps.Of(method, 13, 13);
            for (int i = 0; i < 13; i++)
            {
                double at = Enumerable.Range(i * taps.Taps, taps.Taps).Sum(k => taps.Points[k] * taps.Weights[k]);
                Assert.AreEqual(i, at, 1e-6, $"{method}");
            }
        }
    }

    [TestMethod]
    public void AllPhasesTogetherPickEveryPointOnce()
    {
        int[] picked = [.. Enumerable.Range(0, 4).SelectMany(k => AxisTaps.Of(GridMethod.Nearest, 64, 16, (k + 0.5) / 4).Points)];
        CollectionAssert.AreEqual(Enumerable.Range(0, 64).ToArray(), picked.Order().ToArray());
    }
}
