using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>The rows of a product's right operand that an item copies, each <see cref="GemmTile.RowsAtOnce"/> rows further in the tile: 4 of a tile of 128 columns, 5 of one of 160.</summary>
internal struct WeightRows
{
    private int _k;
    private int _at0;
    private int _at1;
    private int _at2;
    private int _at3;
    private int _at4;
    private int _in0;
    private int _in1;
    private int _in2;
    private int _in3;
    private int _in4;

    /// <summary>At the start of K.</summary>
    /// <param name="shape">The product's sizes.</param>
    /// <param name="first">The tile's first row.</param>
    /// <param name="row">The item's first row in the tile.</param>
    /// <param name="chunk">Its chunk.</param>
    /// <param name="gates">The tile's row from which on they come from the second half.</param>
    public static WeightRows Begin(GemmShape shape, int first, int row, int chunk, int gates)
    {
        WeightRows rows = default;
        rows._k = chunk;
        (rows._at0, rows._in0) = At(shape, first, row, gates);
        (rows._at1, rows._in1) = At(shape, first, row + GemmTile.RowsAtOnce, gates);
        (rows._at2, rows._in2) = At(shape, first, row + (2 * GemmTile.RowsAtOnce), gates);
        (rows._at3, rows._in3) = At(shape, first, row + (3 * GemmTile.RowsAtOnce), gates);
        (rows._at4, rows._in4) = At(shape, first, row + (4 * GemmTile.RowsAtOnce), gates);
        return rows;
    }

    /// <summary>Copies the chunks.</summary>
    public static void Copy<T, TTile>(WeightRows rows, int bytes, ArrayView<U4> source, ArrayView<U4> shared, int to)
        where T : struct, ITensorCores
        where TTile : struct, IWarpTile<TTile>
    {
        const int Further = GemmTile.RowsAtOnce * GemmTile.Chunks;
        T.Copy(shared, to, 0, source, rows._at0 + rows._k, bytes & rows._in0);
        T.Copy(shared, to, Further, source, rows._at1 + rows._k, bytes & rows._in1);
        T.Copy(shared, to, 2 * Further, source, rows._at2 + rows._k, bytes & rows._in2);
        T.Copy(shared, to, 3 * Further, source, rows._at3 + rows._k, bytes & rows._in3);
        if (TTile.Columns == 80)
        {
            T.Copy(shared, to, 4 * Further, source, rows._at4 + rows._k, bytes & rows._in4);
        }
    }

    /// <summary>Further along K.</summary>
    public static WeightRows Next(WeightRows rows)
    {
        rows._k += GemmTile.Chunks;
        return rows;
    }

    // Where a row begins, and a mask of its bytes.
    private static (int At, int Mask) At(GemmShape shape, int first, int row, int gates)
    {
        int outputs = shape.Outputs;
        bool gate = row >= gates;
        int column = first + row - (gate ? gates : 0);
        return ((column + (gate ? outputs : 0)) * shape.StrideW, DenseRows.Negative(column - outputs));
    }
}
