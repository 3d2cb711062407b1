namespace IlgpuDiffusion.Costs;

/// <summary>What a program takes.</summary>
/// <param name="Variant">Its variant, or null for programs of the request and the schedule.</param>
/// <param name="Seconds">Its time; of attention over tiles that of tiles of one size.</param>
/// <param name="Timed">The part of it that rests on launches which were timed themselves.</param>
internal sealed record ProgramCost(int? Variant, double Seconds, double Timed)
{
    /// <summary>Its attention over tiles whose bounds come with the run.</summary>
    public required IReadOnlyList<TiledCost> Tiled { get; init; }

    /// <summary>Its time, and the part of it that rests on launches which were timed, with such tiles.</summary>
    /// <param name="numbers">The rectangles of an input of the run, y0, y1, x0, x1 of each.</param>
    public (double Seconds, double Timed) Over(Func<string, ReadOnlySpan<int>> numbers)
    {
        (double seconds, double timed) = (Seconds, Timed);
        foreach (TiledCost one in Tiled)
        {
            double more = one.Seconds * (TiledCost.Pairs(one.Launch, numbers) - 1);
            seconds += more;
            timed += one.Timed ? more : 0;
        }

        return (seconds, timed);
    }
}
