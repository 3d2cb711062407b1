using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>How items go over a grid: each takes a point of it, or a run of the point's channels.</summary>
internal struct GridWalk
{
    public int Items;
    public int Channels;
    public int Run;
    public int RunsPerPoint;
    public int Height;
    public int Width;
    public Divisor ByRuns;
    public Divisor ByHeight;
    public Divisor ByWidth;

    /// <summary>Over the points of a shape.</summary>
    /// <param name="grid">The shape.</param>
    /// <param name="channels">Channels of a point, in whatever unit.</param>
    /// <param name="run">Channels that an item takes.</param>
    public static GridWalk Of(Shape grid, int channels, int run)
    {
        int runs = (channels + run - 1) / run;
        return new GridWalk
        {
            Items = checked(grid.Rows * runs),
            Channels = channels,
            Run = run,
            RunsPerPoint = runs,
            Height = grid.Height,
            Width = grid.Width,
            ByRuns = Divisor.Of(runs),
            ByHeight = Divisor.Of(grid.Height),
            ByWidth = Divisor.Of(grid.Width),
        };
    }

    /// <summary>What an item takes.</summary>
    public readonly GridRun At(int item)
    {
        int point = ByRuns.Divide(item);
        int start = (item - (point * RunsPerPoint)) * Run;
        int rest = ByWidth.Divide(point);
        int image = ByHeight.Divide(rest);
        return new GridRun { Point = point, Start = start, End = Math.Min(Channels, start + Run), Image = image, Row = rest - (image * Height), Column = point - (rest * Width) };
    }
}

/// <summary>A point of a grid, counted through and by its place, and the channels from start to end.</summary>
internal struct GridRun
{
    public int Point;
    public int Start;
    public int End;
    public int Image;
    public int Row;
    public int Column;
}
