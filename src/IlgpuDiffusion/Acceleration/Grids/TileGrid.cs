using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Acceleration;

/// <summary>Tiles of a grid: every rectangle between neighbouring lines, row by row.</summary>
/// <param name="Rows">Lines that cut the rows, from 0 to the height.</param>
/// <param name="Columns">Lines that cut the columns, from 0 to the width.</param>
public sealed record TileGrid(int[] Rows, int[] Columns)
{
    /// <summary>How many tiles there are.</summary>
    public int Count => (Rows.Length - 1) * (Columns.Length - 1);

    /// <summary>The tiles as rectangles (y0, y1, x0, x1), then empty ones up to <paramref name="tiles"/>: row numbers of a site.</summary>
    public int[] Rectangles(int tiles) => Of(Spans(Rows, (from, to) => (from, to)), Spans(Columns, (from, to) => (from, to)), tiles);

    /// <summary>For every tile the points of a coarser grid that touch it.</summary>
    public int[] Touching(Grid coarse, int tiles) => Of(Touching(Rows, coarse.Height), Touching(Columns, coarse.Width), tiles);

    /// <summary>For every tile the points of a coarser grid that stand for points inside it.</summary>
    /// <param name="rows">For each coarse row the row that it stands for, ascending.</param>
    /// <param name="columns">For each coarse column the column that it stands for, ascending.</param>
    /// <param name="tiles">Rectangles in all.</param>
    public int[] StandingFor(int[] rows, int[] columns, int tiles) => Of(Standing(Rows, rows), Standing(Columns, columns), tiles);

    private static (int From, int To)[] Touching(int[] lines, int points)
    {
        int side = lines[^1];
        return Spans(lines, (from, to) => ((int)((long)from * points / side), (int)((((long)to * points) + side - 1) / side)));
    }

    private static (int From, int To)[] Standing(int[] lines, int[] points) =>
        Spans(lines, (from, to) => (Array.FindIndex(points, p => p >= from) is >= 0 and var first ? first : points.Length, points.Count(p => p < to)));

    private static (int From, int To)[] Spans(int[] lines, Func<int, int, (int From, int To)> span) =>
        [.. Enumerable.Range(0, lines.Length - 1).Select(i => span(lines[i], lines[i + 1]))];

    private static int[] Of((int From, int To)[] rows, (int From, int To)[] columns, int tiles)
    {
        int[] rectangles = new int[4 * tiles];
        int at = 0;
        foreach ((int y0, int y1) in rows)
        {
            foreach ((int x0, int x1) in columns)
            {
                (rectangles[at], rectangles[at + 1], rectangles[at + 2], rectangles[at + 3]) = (y0, y1, x0, x1);
                at += 4;
            }
        }

        return rectangles;
    }
}
