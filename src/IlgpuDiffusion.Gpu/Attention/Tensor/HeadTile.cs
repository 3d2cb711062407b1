namespace IlgpuDiffusion.Gpu;

/// <summary>The sizes of a group's work in attention: 64 queries of a head by four warps, 64 keys at a time.</summary>
internal static class HeadTile
{
    /// <summary>Items of a group.</summary>
    public const int Threads = 128;

    /// <summary>Queries of a group, and keys at a time.</summary>
    public const int Rows = 64;

    /// <summary>Whether shared memory holds two blocks of keys and values; of heads wider than 80 columns one, so that a multiprocessor of 100 KiB holds a group, or two.</summary>
    public static bool HasTwoStages(int slices) => slices <= 5;

    /// <summary>Bytes of shared memory: the queries, and one or two blocks of keys and values.</summary>
    public static int SharedBytes(int slices) => (HasTwoStages(slices) ? 5 : 3) * Rows * 2 * slices * 16;

    /// <summary>Groups that a multiprocessor is to hold: heads of more than 80 columns need more registers than three would leave.</summary>
    public static int GroupsPerProcessor(int slices) => slices > 5 ? 2 : 3;

    /// <summary>
    /// What a row's chunk numbers are turned by (exclusive or), so that eight rows of one column lie in eight different banks:
    /// rows of 8 or 16 chunks all begin at one bank, of 20 at two, of 6 or 10 at four.
    /// </summary>
    public static int Turn(int row, int slices) => (slices & 3) == 0 ? row & 7 : (slices & 1) == 0 ? (row >> 1) & 3 : (row >> 2) & 1;

    /// <summary>Where an item finds its row of the warp's 16 queries, as left operand.</summary>
    public static LanePlace Left(int item, int slices) =>
        new() { Row = (((item >> 5) * 16) + (item & 15)) * 2 * slices, Chunk = (item & 31) >> 4, Turn = Turn(item & 7, slices) };

    /// <summary>Where a lane finds its row of 16 keys, as right operand.</summary>
    public static LanePlace Keys(int lane, int slices) => new() { Row = ((lane & 7) + ((lane >> 4) << 3)) * 2 * slices, Chunk = (lane >> 3) & 1, Turn = Turn(lane & 7, slices) };

    /// <summary>Where a lane finds its row of 16 values, to be transposed.</summary>
    public static LanePlace Values(int lane, int slices) => new() { Row = (lane & 15) * 2 * slices, Chunk = lane >> 4, Turn = Turn(lane & 7, slices) };

    /// <summary>Where an item copies to if two of them copy a row, a chunk of each slice.</summary>
    public static LanePlace Copied(int item, int slices) => new() { Row = (item >> 1) * 2 * slices, Chunk = item & 1, Turn = Turn(item >> 1, slices) };

    /// <summary>Where an item copies to if as many copy a row as it has chunks in <paramref name="count"/> slices: 1, 2 or 4, of which this is one's first row.</summary>
    public static LanePlace Copied(int item, int slices, int count)
    {
        int row = CopiedRow(item, slices, count);
        return new() { Row = row * 2 * slices, Chunk = item & ((2 * count) - 1), Turn = Turn(row, slices) };
    }

    /// <summary>The first row that an item copies so.</summary>
    public static int CopiedRow(int item, int slices, int count)
    {
        // Rows of six chunks: four of one row and four of the second next lie in different banks.
        int row = item / (2 * count);
        return slices == 3 && count == 2 ? (row & ~3) | ((row & 1) << 1) | ((row >> 1) & 1) : row;
    }
}
