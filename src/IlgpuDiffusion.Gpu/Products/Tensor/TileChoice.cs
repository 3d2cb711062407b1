namespace IlgpuDiffusion.Gpu;

/// <summary>Which of the two tiles a product takes, and by how many warps. All give the same bits, so that the device's size may decide.</summary>
internal static class TileChoice
{
    /// <summary>Columns of the narrow tile, and of the wide one.</summary>
    public const int Narrow = 128, Wide = 160;

    /// <summary>The tile whose last wave of groups leaves the fewest processors idle; the narrow one, which needs fewer registers, if both take as long.</summary>
    /// <param name="rows">Rows of the result.</param>
    /// <param name="columns">Rows of the weight.</param>
    /// <param name="processors">The device's multiprocessors.</param>
    public static int Columns(int rows, int columns, int processors) =>
        Time(rows, columns, processors, Wide) < Time(rows, columns, processors, Narrow) ? Wide : Narrow;

    /// <summary>Whether eight warps share a tile rather than four: where a multiprocessor has one group at most, which four warps do not keep busy.</summary>
    public static bool HasEightWarps(int rows, int columns, int tile, int processors) => Parts(rows, GemmTile.Rows) * Parts(columns, tile) <= processors;

    // In columns of a tile: every processor takes tile after tile, the busiest one decides.
    private static long Time(int rows, int columns, int processors, int tile) => tile * Parts(Parts(rows, GemmTile.Rows) * Parts(columns, tile), processors);

    private static long Parts(long whole, long part) => (whole + part - 1) / part;
}
