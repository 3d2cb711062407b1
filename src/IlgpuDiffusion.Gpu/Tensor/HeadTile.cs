namespace IlgpuDiffusion.Gpu.Tensor;

/// <summary>The sizes of a group's work in attention: 64 queries of a head by four warps, 64 keys at a time, two stages.</summary>
internal static class HeadTile
{
    /// <summary>Items of a group.</summary>
    public const int Threads = 128;

    /// <summary>Queries of a group, and keys at a time.</summary>
    public const int Rows = 64;

    /// <summary>Bytes of shared memory: the queries, two stages of keys and values.</summary>
    public static int SharedBytes(int slices) => 5 * Rows * 2 * slices * 16;

    /// <summary>Groups that a multiprocessor is to hold: heads of more than 80 columns have no memory for a third, and so leave it no registers.</summary>
    public static int GroupsPerProcessor(int slices) => slices > 5 ? 2 : 3;

    /// <summary>
    /// What a row's chunk numbers are turned by (exclusive or), so that eight rows of one column lie in eight different banks:
    /// rows of 8 or 16 chunks all begin at one bank, of 20 at two, of 6 or 10 at four.
    /// </summary>
    public static int Turn(int row, int slices) => (slices & 3) == 0 ? row & 7 : (slices & 1) == 0 ? (row >> 1) & 3 : (row >> 2) & 1;
}
