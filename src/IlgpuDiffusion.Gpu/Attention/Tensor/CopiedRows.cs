using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>Up to 64 rows of a head that follow each other in memory: keys and values, or queries alone.</summary>
internal struct CopiedRows
{
    /// <summary>The keys.</summary>
    public ArrayView<U4> Keys;

    /// <summary>The values.</summary>
    public ArrayView<U4> Values;

    /// <summary>The head's first chunk in the first row of keys.</summary>
    public int KeysFrom;

    /// <summary>Likewise of values.</summary>
    public int ValuesFrom;

    /// <summary>Chunks from a row of keys to the next.</summary>
    public int KeysStride;

    /// <summary>Likewise of values.</summary>
    public int ValuesStride;

    /// <summary>Rows that there are; zeros stand for the rest.</summary>
    public int Count;

    /// <summary>Chunks of the head.</summary>
    public int Chunks;

    /// <summary>Copies 1, 2 or 4 slices of 64 rows.</summary>
    /// <param name="shared">Shared memory.</param>
    /// <param name="to">The first row's place; values follow keys.</param>
    /// <param name="slices">Slices of a whole row there.</param>
    /// <param name="slice">The first slice.</param>
    /// <param name="count">Slices copied.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="both">Whether there are values.</param>
    public static void Copy<T>(ArrayView<U4> shared, int to, int slices, int slice, int count, CopiedRows rows, bool both)
        where T : struct, ITensorCores
    {
        to += LanePlace.At(HeadTile.Copied(Group.IdxX, slices, count), slices, 0);
        int further = 2 * slice;
        int row = HeadTile.CopiedRow(Group.IdxX, slices, count);
        int chunk = further + (Group.IdxX & ((2 * count) - 1));
        int bytes = 16 & DenseRows.Negative(chunk - rows.Chunks);
        Copy<T>(shared, to, further, slices, count, rows.Keys, rows.KeysFrom + (row * rows.KeysStride) + chunk, rows.KeysStride, row - rows.Count, bytes);
        if (both)
        {
            Copy<T>(shared, to, further + HeadTile.Block(slices), slices, count, rows.Values, rows.ValuesFrom + (row * rows.ValuesStride) + chunk, rows.ValuesStride, row - rows.Count, bytes);
        }
    }

    private static void Copy<T>(ArrayView<U4> shared, int to, int further, int slices, int count, ArrayView<U4> source, int from, int stride, int left, int bytes)
        where T : struct, ITensorCores
    {
        int step = HeadTile.Threads / (2 * count);
        T.Copy(shared, to, further, source, from, bytes & DenseRows.Negative(left));
        if (count > 1)
        {
            T.Copy(shared, to, further + (step * 2 * slices), source, from + (step * stride), bytes & DenseRows.Negative(left + step));
        }

        if (count > 2)
        {
            T.Copy(shared, to, further + (4 * step * slices), source, from + (2 * step * stride), bytes & DenseRows.Negative(left + (2 * step)));
            T.Copy(shared, to, further + (6 * step * slices), source, from + (3 * step * stride), bytes & DenseRows.Negative(left + (3 * step)));
        }
    }
}
