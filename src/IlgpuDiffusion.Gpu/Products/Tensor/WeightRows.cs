using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>
/// The rows of a product's right operand that an item copies, each <see cref="GemmTile.RowsAtOnce"/> rows further in the tile: 4 of a tile of 128 columns, 5 of
/// one of 160. Behind the last row it is copied again: what comes of it is never written.
/// </summary>
internal struct WeightRows
{
    private int _at0;
    private int _at1;
    private int _at2;
    private int _at3;
    private int _at4;

    /// <summary>At the start of K.</summary>
    /// <param name="shape">The product's sizes.</param>
    /// <param name="first">The tile's first row.</param>
    /// <param name="row">The item's first row in the tile.</param>
    /// <param name="chunk">Its chunk.</param>
    /// <param name="gates">The tile's row from which on they come from the second half.</param>
    public static WeightRows Begin(GemmShape shape, int first, int row, int chunk, int gates) => new()
    {
        _at0 = At(shape, first, row, gates) + chunk,
        _at1 = At(shape, first, row + GemmTile.RowsAtOnce, gates) + chunk,
        _at2 = At(shape, first, row + (2 * GemmTile.RowsAtOnce), gates) + chunk,
        _at3 = At(shape, first, row + (3 * GemmTile.RowsAtOnce), gates) + chunk,
        _at4 = At(shape, first, row + (4 * GemmTile.RowsAtOnce), gates) + chunk,
    };

    /// <summary>Copies the chunks.</summary>
    public static void Copy<T, TTile>(WeightRows rows, int bytes, ArrayView<U4> source, ArrayView<U4> shared, int to)
        where T : struct, ITensorCores
        where TTile : struct, IWarpTile<TTile>
    {
        const int Further = GemmTile.RowsAtOnce * GemmTile.Chunks;
        T.Copy(shared, to, 0, source, rows._at0, bytes);
        T.Copy(shared, to, Further, source, rows._at1, bytes);
        T.Copy(shared, to, 2 * Further, source, rows._at2, bytes);
        T.Copy(shared, to, 3 * Further, source, rows._at3, bytes);
        if (TTile.Columns == 80)
        {
            T.Copy(shared, to, 4 * Further, source, rows._at4, bytes);
        }
    }

    /// <summary>Further along K.</summary>
    public static WeightRows Next(WeightRows rows) => new()
    {
        _at0 = rows._at0 + GemmTile.Chunks,
        _at1 = rows._at1 + GemmTile.Chunks,
        _at2 = rows._at2 + GemmTile.Chunks,
        _at3 = rows._at3 + GemmTile.Chunks,
        _at4 = rows._at4 + GemmTile.Chunks,
    };

    // Where a row begins.
    private static int At(GemmShape shape, int first, int row, int gates)
    {
        int outputs = shape.Outputs;
        bool gate = row >= gates;
        int column = Math.Min(first + row - (gate ? gates : 0), outputs - 1);
        return (column + (gate ? outputs : 0)) * shape.StrideW;
    }
}
