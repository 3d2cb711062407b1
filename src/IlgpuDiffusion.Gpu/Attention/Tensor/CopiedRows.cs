using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>Up to 64 rows of a head that follow each other in memory.</summary>
internal struct CopiedRows
{
    /// <summary>The head's first chunk in the first row.</summary>
    public int From;

    /// <summary>Chunks from a row to the next.</summary>
    public int Stride;

    /// <summary>Rows that there are; zeros stand for the rest.</summary>
    public int Count;

    /// <summary>Chunks of the head.</summary>
    public int Chunks;

    /// <summary>Copies 1, 2 or 4 slices of 64 rows.</summary>
    /// <param name="shared">Shared memory.</param>
    /// <param name="to">The first row's place.</param>
    /// <param name="slices">Slices of a whole row there.</param>
    /// <param name="slice">The first slice.</param>
    /// <param name="count">Slices copied.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="source">Where they lie.</param>
    public static void Copy<T>(ArrayView<U4> shared, int to, int slices, int slice, int count, CopiedRows rows, ArrayView<U4> source)
        where T : struct, ITensorCores
    {
        LanePlace place = HeadTile.Copied(Group.IdxX, slices, count);
        int row = HeadTile.CopiedRow(Group.IdxX, slices, count);
        int chunk = (2 * slice) + place.Chunk;
        int bytes = 16 & DenseRows.Negative(chunk - rows.Chunks);
        int from = rows.From + (row * rows.Stride) + chunk;
        int left = row - rows.Count;
        int step = HeadTile.Threads / (2 * count);
        place.Row += to;
        to = place.Of(slice);
        T.Copy(shared, to, 0, source, from, bytes & DenseRows.Negative(left));
        if (count > 1)
        {
            T.Copy(shared, to, step * 2 * slices, source, from + (step * rows.Stride), bytes & DenseRows.Negative(left + step));
        }

        if (count > 2)
        {
            T.Copy(shared, to, 4 * step * slices, source, from + (2 * step * rows.Stride), bytes & DenseRows.Negative(left + (2 * step)));
            T.Copy(shared, to, 6 * step * slices, source, from + (3 * step * rows.Stride), bytes & DenseRows.Negative(left + (3 * step)));
        }
    }
}
