namespace IlgpuDiffusion.Gpu;

/// <summary>
/// Where a lane's row lies in shared memory: its chunk of each of a row's first slices. Turning repeats after one, two or four slices, behind which the same places come
/// again a constant further, so that this is all that a kernel's loop keeps of it.
/// </summary>
internal struct LanePlace
{
    private int _first;
    private int _second;
    private int _third;
    private int _fourth;

    /// <summary>For a row.</summary>
    /// <param name="row">The row's first chunk.</param>
    /// <param name="chunk">The lane's chunk in a slice.</param>
    /// <param name="turn">What chunk numbers are turned by.</param>
    public static LanePlace Of(int row, int chunk, int turn) =>
        new() { _first = row + (chunk ^ turn), _second = row + ((2 + chunk) ^ turn), _third = row + ((4 + chunk) ^ turn), _fourth = row + ((6 + chunk) ^ turn) };

    /// <summary>The same, rows further by so many chunks.</summary>
    public static LanePlace Plus(LanePlace place, int chunks) =>
        new() { _first = place._first + chunks, _second = place._second + chunks, _third = place._third + chunks, _fourth = place._fourth + chunks };

    /// <summary>The lane's chunk of a slice, but for <see cref="Further"/>.</summary>
    public static int At(LanePlace place, int slices, int slice)
    {
        int own = slice & (Period(slices) - 1);
        return own == 0 ? place._first : own == 1 ? place._second : own == 2 ? place._third : place._fourth;
    }

    /// <summary>How much further it is, a constant.</summary>
    public static int Further(int slices, int slice) => 2 * (slice & -Period(slices));

    // Slices after which turning begins anew: see HeadTile.Turn.
    private static int Period(int slices) => (slices & 3) == 0 ? 4 : (slices & 1) == 0 ? 2 : 1;
}
