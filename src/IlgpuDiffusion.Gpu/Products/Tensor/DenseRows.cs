using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>The rows of a matrix; behind the last it is copied again, since what comes of it is never written.</summary>
internal struct DenseRows : IRowSource<DenseRows>
{
    private int _at0;
    private int _at1;
    private int _at2;
    private int _at3;

    public static DenseRows Begin(GemmShape shape, int row, int chunk, int atOnce)
    {
        DenseRows rows = new() { _at0 = At(shape, row) + chunk, _at1 = At(shape, row + atOnce) + chunk };
        if (2 * atOnce < GemmTile.Rows)
        {
            rows._at2 = At(shape, row + (2 * atOnce)) + chunk;
            rows._at3 = At(shape, row + (3 * atOnce)) + chunk;
        }

        return rows;
    }

    public static void Copy<T>(GemmShape shape, DenseRows state, int bytes, ArrayView<U4> source, ArrayView<U4> shared, int to, int atOnce)
        where T : struct, ITensorCores
    {
        int further = atOnce * GemmTile.Chunks;
        T.Copy(shared, to, 0, source, state._at0, bytes);
        T.Copy(shared, to, further, source, state._at1, bytes);
        if (2 * atOnce < GemmTile.Rows)
        {
            T.Copy(shared, to, 2 * further, source, state._at2, bytes);
            T.Copy(shared, to, 3 * further, source, state._at3, bytes);
        }
    }

    public static DenseRows Next(GemmShape shape, DenseRows state, int atOnce)
    {
        state._at0 += GemmTile.Chunks;
        state._at1 += GemmTile.Chunks;
        if (2 * atOnce < GemmTile.Rows)
        {
            state._at2 += GemmTile.Chunks;
            state._at3 += GemmTile.Chunks;
        }

        return state;
    }

    /// <summary>All ones for a negative number, else 0: a choice without a branch.</summary>
    internal static int Negative(int x) => x >> 31;

    private static int At(GemmShape shape, int row) => Math.Min(row, shape.M - 1) * shape.StrideA;
}
