using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Tests.Execution;

/// <summary>Tables with which launches are timed.</summary>
[TestClass]
public sealed class TimedOperandTests
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(6, 2, 3)]
    [DataRow(7)]
    [DataRow(9, 3, 3)]
    public void TilesAreOfAboutOneSizeAndHoldTheWholeGrid(int tiles, int rows = 0, int columns = 0)
    {
        TensorType x = new(new Shape(2, 32, 40, 64)), bounds = new(new Shape(1, 1, tiles, 4), ElementType.I32);
        Attention op = new(4, 0.25, false, true, new(new SegmentForm(Bounds: true)));
        int[] numbers = MemoryMarshal.Cast<byte, int>(TimedOperand.Fill(op, 1, [x, bounds, x, x, bounds])).ToArray();
        HashSet<(int, int)> points = [];
        foreach (int[] tile in numbers.Chunk(4))
        {
            for (int y = tile[0]; y < tile[1]; y++)
            {
                for (int i = tile[2]; i < tile[3]; i++)
                {
                    Assert.IsTrue(points.Add((y, i)));
                }
            }
        }

        Assert.HasCount(32 * 40, points);
        Assert.IsTrue(rows == 0 || numbers.Chunk(4).All(tile => tile[1] - tile[0] <= (32 / rows) + 1 && tile[3] - tile[2] <= (40 / columns) + 1));
    }
}
