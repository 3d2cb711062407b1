namespace IlgpuDiffusion.Gpu;

/// <summary>The sizes of a group's work in a matrix product: 128 rows, two warp tiles of columns, 32 columns of K at a time in three stages.</summary>
internal static class GemmTile
{
    /// <summary>Items of a group: four warps, two of rows by two of columns.</summary>
    public const int Threads = 128;

    /// <summary>Rows of the result.</summary>
    public const int Rows = 128;

    /// <summary>Columns of K at a time.</summary>
    public const int Depth = 32;

    /// <summary>Chunks of eight numbers a row of a stage.</summary>
    public const int Chunks = Depth / 8;

    /// <summary>Stages in shared memory: one in use, two on their way.</summary>
    public const int Stages = 3;

    /// <summary>Rows that the group copies at once, a chunk an item.</summary>
    public const int RowsAtOnce = Threads / Chunks;

    /// <summary>Bytes of shared memory for a tile of some columns; the epilogue passes half the rows through the same memory.</summary>
    public static int SharedBytes(int columns) => Math.Max(Stages * (Rows + columns) * Chunks * 16, Rows / 2 * StagedColumns(columns) * 4);

    /// <summary>What a group asks for.</summary>
    public static GroupForm Form(int columns) => new(Threads, 2, SharedBytes(columns));

    /// <summary>Numbers between rows that pass through shared memory, so that no two items meet in a bank.</summary>
    public static int StagedColumns(int columns) => columns + 8;

    /// <summary>The place of a chunk in a stage: its number in the row is turned by the row, so that eight rows of one column lie in eight different banks.</summary>
    public static int Place(int row, int chunk) => (row * Chunks) + (chunk ^ ((row >> 1) & (Chunks - 1)));
}
