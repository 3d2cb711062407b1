using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>The rows of a matrix.</summary>
internal struct DenseRows : IRowSource<DenseRows>
{
    private int _row;
    private int _at;

    public static DenseRows Begin(GemmShape shape, int row, int chunk) => new() { _row = row, _at = (row * shape.StrideA) + chunk };

    public static void Copy<T>(GemmShape shape, DenseRows state, int bytes, ArrayView<U4> source, ArrayView<U4> shared, int to)
        where T : struct, ITensorCores
    {
        int step = GemmTile.RowsAtOnce * shape.StrideA;
        const int Further = GemmTile.RowsAtOnce * GemmTile.Chunks;
        int left = state._row - shape.M;
        T.Copy(shared, to, 0, source, state._at, bytes & Negative(left));
        T.Copy(shared, to, Further, source, state._at + step, bytes & Negative(left + GemmTile.RowsAtOnce));
        T.Copy(shared, to, 2 * Further, source, state._at + (2 * step), bytes & Negative(left + (2 * GemmTile.RowsAtOnce)));
        T.Copy(shared, to, 3 * Further, source, state._at + (3 * step), bytes & Negative(left + (3 * GemmTile.RowsAtOnce)));
    }

    public static DenseRows Next(GemmShape shape, DenseRows state) => new() { _row = state._row, _at = state._at + GemmTile.Chunks };

    /// <summary>All ones for a negative number, else 0: a choice without a branch.</summary>
    internal static int Negative(int x) => x >> 31;
}
