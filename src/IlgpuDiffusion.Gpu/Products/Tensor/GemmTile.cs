namespace IlgpuDiffusion.Gpu;

/// <summary>The sizes of a group's work in a matrix product: 128 rows, two warps' columns, 32 columns of K at a time in three stages.</summary>
internal static class GemmTile
{
    /// <summary>Warps of a group along the columns.</summary>
    public const int WarpsOfColumns = 2;

    /// <summary>Rows of the result.</summary>
    public const int Rows = 128;

    /// <summary>Columns of K at a time.</summary>
    public const int Depth = 32;

    /// <summary>Chunks of eight numbers a row of a stage.</summary>
    public const int Chunks = Depth / 8;

    /// <summary>Stages in shared memory: one in use, two on their way.</summary>
    public const int Stages = 3;

    /// <summary>Items of a group whose warps have so many rows each: four warps of 64, eight of 32.</summary>
    public static int Threads(int warpRows) => Rows / warpRows * WarpsOfColumns * 32;

    /// <summary>Rows that such a group copies at once, a chunk an item.</summary>
    public static int RowsAtOnce(int warpRows) => Threads(warpRows) / Chunks;

    /// <summary>Bytes of shared memory for a tile of some columns; the epilogue passes half the rows through the same memory.</summary>
    public static int SharedBytes(int columns) => Math.Max(Stages * (Rows + columns) * Chunks * 16, Rows / 2 * StagedColumns(columns) * 4);

    /// <summary>What a group asks for. Eight warps keep a multiprocessor busy, four do not.</summary>
    public static GroupForm Form(int columns, bool eightWarps) => new(Threads(eightWarps ? Rows / 4 : Rows / 2), eightWarps ? 1 : 2, SharedBytes(columns));

    /// <summary>Numbers between rows that pass through shared memory, so that no two items meet in a bank.</summary>
    public static int StagedColumns(int columns) => columns + 8;

    /// <summary>The place of a chunk in a stage: its number in the row is turned by the row, so that eight rows of one column lie in eight different banks.</summary>
    public static int Place(int row, int chunk) => (row * Chunks) + (chunk ^ ((row >> 1) & (Chunks - 1)));
}
