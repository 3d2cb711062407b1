namespace IlgpuDiffusion.Gpu;

/// <summary>The memory that an attention takes whose scores go through it: some queries' scores (f32) and weights (16 bits), the values' transpose.</summary>
/// <param name="Queries">Queries at a time, by the shape of an image alone.</param>
/// <param name="Columns">Numbers from a row of scores, weights or the transpose to the next: the keys, up to a multiple of eight.</param>
/// <param name="Width">Columns of a head.</param>
internal readonly record struct MaterializedScores(int Queries, int Columns, int Width)
{
    /// <summary>Bytes of scores and weights together: about what a large GPU's cache holds.</summary>
    public const long Budget = 64L << 20;

    /// <summary>For queries and keys of an image.</summary>
    public static MaterializedScores Of(int queries, int keys, int width, long budget = Budget)
    {
        int columns = (keys + 7) / 8 * 8;
        int tiles = (int)Math.Max(1, budget / (6L * columns) / GemmTile.Rows);
        return new(Math.Min(queries, tiles * GemmTile.Rows), columns, width);
    }

    /// <summary>Bytes in front of the weights.</summary>
    public long Weights => 4L * Queries * Columns;

    /// <summary>Bytes in front of the transpose.</summary>
    public long Values => 6L * Queries * Columns;

    /// <summary>All bytes.</summary>
    public long Bytes => Values + (2L * Width * Columns);
}
