using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>
/// The rows of a product's right operand that an item copies, each so many rows further in the tile as a group copies at once (<see cref="GemmTile.RowsAtOnce"/>): 4 of a
/// tile of 128 columns, 5 of one of 160; by eight warps 2, and of 160 columns half of the items a third. Behind the last row it is copied again: what comes of it is never written.
/// </summary>
internal struct WeightRows
{
    // A row that is not copied.
    private const int None = -(1 << 30);

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
    public static WeightRows Begin<TTile>(GemmShape shape, int first, int row, int chunk, int gates)
        where TTile : struct, IWarpTile<TTile>
    {
        int atOnce = GemmTile.RowsAtOnce(TTile.Rows);
        WeightRows rows = new() { _at0 = At(shape, first, row, gates) + chunk, _at1 = At(shape, first, row + atOnce, gates) + chunk };
        if (TTile.Rows == 64)
        {
            rows._at2 = At(shape, first, row + (2 * atOnce), gates) + chunk;
            rows._at3 = At(shape, first, row + (3 * atOnce), gates) + chunk;
            rows._at4 = At(shape, first, row + (4 * atOnce), gates) + chunk;
        }
        else if (TTile.Columns == 80)
        {
            int third = row + (2 * atOnce);
            rows._at2 = third < 2 * TTile.Columns ? At(shape, first, third, gates) + chunk : None;
        }

        return rows;
    }

    /// <summary>Copies the chunks.</summary>
    public static void Copy<T, TTile>(WeightRows rows, int bytes, ArrayView<U4> source, ArrayView<U4> shared, int to)
        where T : struct, ITensorCores
        where TTile : struct, IWarpTile<TTile>
    {
        int further = GemmTile.RowsAtOnce(TTile.Rows) * GemmTile.Chunks;
        T.Copy(shared, to, 0, source, rows._at0, bytes);
        T.Copy(shared, to, further, source, rows._at1, bytes);
        if (TTile.Rows == 64)
        {
            T.Copy(shared, to, 2 * further, source, rows._at2, bytes);
            T.Copy(shared, to, 3 * further, source, rows._at3, bytes);
            if (TTile.Columns == 80)
            {
                T.Copy(shared, to, 4 * further, source, rows._at4, bytes);
            }
        }
        else if (TTile.Columns == 80)
        {
            // Whole warps have one or have none.
            if (rows._at2 >= 0)
            {
                T.Copy(shared, to, 2 * further, source, rows._at2, bytes);
            }
        }
    }

    /// <summary>Further along K.</summary>
    public static WeightRows Next<TTile>(WeightRows rows)
        where TTile : struct, IWarpTile<TTile>
    {
        rows._at0 += GemmTile.Chunks;
        rows._at1 += GemmTile.Chunks;
        if (TTile.Rows == 64 || TTile.Columns == 80)
        {
            rows._at2 += GemmTile.Chunks;
        }

        if (TTile.Rows == 64)
        {
            rows._at3 += GemmTile.Chunks;
            rows._at4 += GemmTile.Chunks;
        }

        return rows;
    }

    // Where a row begins.
    private static int At(GemmShape shape, int first, int row, int gates)
    {
        int outputs = shape.Outputs;
        bool gate = row >= gates;
        int column = Math.Min(first + row - (gate ? gates : 0), outputs - 1);
        return (column + (gate ? outputs : 0)) * shape.StrideW;
    }
}
