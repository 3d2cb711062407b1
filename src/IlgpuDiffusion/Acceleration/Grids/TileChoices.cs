using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Acceleration;

/// <summary>Grids of tiles that one is drawn from for each evaluation.</summary>
internal sealed class TileChoices
{
    private readonly int[] _rows;
    private readonly int[] _columns;
    private readonly Grid _grid;
    private readonly bool _shift;

    private TileChoices(Grid grid, int[] rows, int[] columns, bool shift)
    {
        (_grid, _rows, _columns, _shift) = (grid, rows, columns, shift);
        ((int high, int height), (int wide, int width)) = (MostOf(grid.Height, rows), MostOf(grid.Width, columns));
        (Most, Keys) = (high * wide, height * width);
    }

    /// <summary>The most tiles of any of them.</summary>
    public int Most { get; }

    /// <summary>The most points of a tile of any of them.</summary>
    public int Keys { get; }

    /// <summary>The published ones: equal tiles of at least so many points a side, rows and columns drawn by themselves.</summary>
    public static TileChoices Published(Grid grid, int side, int sizes) =>
        new(grid, AxisCuts.Published(grid.Height, side, sizes), AxisCuts.Published(grid.Width, side, sizes), shift: false);

    /// <summary>Tiles of about so many points a side, or somewhat more, moved or not.</summary>
    public static TileChoices Moving(Grid grid, int side, int sizes, bool shift)
    {
        return new TileChoices(grid, Counts(grid.Height), Counts(grid.Width), shift);

        int[] Counts(int length)
        {
            int count = Math.Max(1, (int)Math.Round((double)length / side));
            return [.. Enumerable.Range(0, Math.Min(sizes, count)).Select(i => count - i)];
        }
    }

    /// <summary>Draws one: the number of rows, that of columns, then the shifts.</summary>
    public TileGrid Draw(PlanRandom random)
    {
        int rows = _rows[random.Below(_rows.Length)], columns = _columns[random.Below(_columns.Length)];
        return new TileGrid(Lines(_grid.Height, rows, random), Lines(_grid.Width, columns, random));
    }

    private int[] Lines(int side, int count, PlanRandom random) =>
        _shift && count > 1 ? AxisCuts.Shifted(side, count, random.Below((side + count - 1) / count)) : AxisCuts.Even(side, count);

    private (int Tiles, int Longest) MostOf(int side, int[] counts)
    {
        (int Tiles, int Longest)[] most = Array.ConvertAll(counts, count =>
        {
            int[] lines = AxisCuts.Even(side, count);
            return _shift && count > 1 ? AxisCuts.MostShifted(side, count) : (lines.Length - 1, AxisCuts.Longest(lines));
        });
        return (most.Max(m => m.Tiles), most.Max(m => m.Longest));
    }
}
