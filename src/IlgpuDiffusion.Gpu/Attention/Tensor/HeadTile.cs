namespace IlgpuDiffusion.Gpu;

/// <summary>The sizes of a group's work in attention: 64 queries of a head by four warps, 64 keys at a time.</summary>
internal static class HeadTile
{
    /// <summary>Items of a group.</summary>
    public const int Threads = 128;

    /// <summary>Queries of a group, and keys at a time.</summary>
    public const int Rows = 64;

    /// <summary>Chunks of a block of keys, or of values, or of queries.</summary>
    public static int Block(int slices) => Rows * 2 * slices;

    /// <summary>Bytes of shared memory: two blocks of keys and values, where the second is first come the queries, before they are in registers.</summary>
    public static int SharedBytes(int slices) => 4 * Block(slices) * 16;

    /// <summary>Chunks of 16 rows.</summary>
    public static int Strip(int slices) => 16 * 2 * slices;

    /// <summary>Groups that a multiprocessor is to hold: heads of more than 64 columns need more registers than three would leave.</summary>
    public static int GroupsPerProcessor(int slices) => slices > 4 ? 2 : 3;

    /// <summary>
    /// What a row's chunk numbers are turned by (exclusive or), so that eight rows of one column lie in eight different banks:
    /// rows of 8 or 16 chunks all begin at one bank, of 20 at two, of 6 or 10 at four.
    /// </summary>
    public static int Turn(int row, int slices) => (slices & 3) == 0 ? row & 7 : (slices & 1) == 0 ? (row >> 1) & 3 : (row >> 2) & 1;

    /// <summary>Where an item finds its row of the warp's 16 queries, as left operand.</summary>
    public static LanePlace Left(int item, int slices) =>
        LanePlace.Of((((item >> 5) * 16) + (item & 15)) * 2 * slices, (item & 31) >> 4, Turn(item & 7, slices));

    /// <summary>Where a lane finds its row of 16 keys, as right operand.</summary>
    public static LanePlace Keys(int lane, int slices) => LanePlace.Of(((lane & 7) + ((lane >> 4) << 3)) * 2 * slices, (lane >> 3) & 1, Turn(lane & 7, slices));

    /// <summary>Where a lane finds its row of 16 values, to be transposed.</summary>
    public static LanePlace Values(int lane, int slices) => LanePlace.Of((lane & 15) * 2 * slices, lane >> 4, Turn(lane & 7, slices));

    /// <summary>Where an item copies to if two of them copy a row, a chunk of each slice.</summary>
    public static LanePlace Copied(int item, int slices) => LanePlace.Of((item >> 1) * 2 * slices, item & 1, Turn(item >> 1, slices));

    /// <summary>Where an item copies to if as many copy a row as it has chunks in <paramref name="count"/> slices: 1, 2 or 4, of which this is one's first row.</summary>
    public static LanePlace Copied(int item, int slices, int count)
    {
        int row = CopiedRow(item, slices, count);
        return LanePlace.Of(row * 2 * slices, item & ((2 * count) - 1), Turn(row, slices));
    }

    /// <summary>The first row that an item copies so.</summary>
    public static int CopiedRow(int item, int slices, int count)
    {
        // Rows of six chunks: four of one row and four of the second next lie in different banks.
        int row = item / (2 * count);
        return slices == 3 && count == 2 ? (row & ~3) | ((row & 1) << 1) | ((row >> 1) & 1) : row;
    }
}
