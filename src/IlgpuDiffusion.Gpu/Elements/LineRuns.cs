namespace IlgpuDiffusion.Gpu;

/// <summary>How work items share lines of elements: each takes some lines, or a run of one.</summary>
internal struct LineRuns
{
    public int Items;

    /// <summary>The lines.</summary>
    public int Count;

    /// <summary>Elements of a line.</summary>
    public int Length;
    public int LinesPerItem;
    public int Run;
    public int RunsPerLine;
    public Divisor ByRuns;

    /// <summary>Of so many lines, with about <paramref name="grain"/> elements an item.</summary>
    /// <param name="count">The lines.</param>
    /// <param name="length">Elements of a line.</param>
    /// <param name="grain">Elements of an item.</param>
    /// <param name="least">Elements of a run at least, where a line has them.</param>
    public static LineRuns Of(int count, int length, int grain, int least)
    {
        int run = Math.Min(length, Math.Max(grain, least)), runs = (length + run - 1) / run, lines = Math.Max(1, grain / length);
        return new LineRuns
        {
            Items = checked((count + lines - 1) / lines * runs),
            Count = count,
            Length = length,
            LinesPerItem = lines,
            Run = run,
            RunsPerLine = runs,
            ByRuns = Divisor.Of(runs),
        };
    }

    /// <summary>What an item takes.</summary>
    public readonly LineRun At(int item)
    {
        int lines = ByRuns.Divide(item);
        int start = (item - (lines * RunsPerLine)) * Run;
        return new LineRun { Start = start, End = Math.Min(Length, start + Run), First = lines * LinesPerItem, Until = Math.Min(Count, (lines + 1) * LinesPerItem) };
    }
}

/// <summary>Lines from one until another, and of each the elements from start to end.</summary>
internal struct LineRun
{
    public int Start;
    public int End;
    public int First;
    public int Until;
}
