using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>16 columns of a head.</summary>
internal struct HeadSlice : IHead<HeadSlice>
{
    private Slice _sums;

    public static int Slices => 1;

    public static void CopyRow<T>(ArrayView<U4> shared, LanePlace place, int slice, int chunks, int bytes, ArrayView<U4> source, int from)
        where T : struct, ITensorCores
    {
        int chunk = (2 * slice) + place.Chunk;
        T.Copy(shared, place.Of(slice), 0, source, from + chunk, bytes & DenseRows.Negative(chunk - chunks));
    }

    public static void CopyRows<T>(ArrayView<U4> shared, int to, int slices, int slice, CopiedRows rows, ArrayView<U4> source)
        where T : struct, ITensorCores =>
        CopiedRows.Copy<T>(shared, to, slices, slice, 1, rows, source);

    public static Row64 Scores<T>(Row64 scores, ArrayView<U4> shared, LanePlace queries, LanePlace keys, int step, int slice)
        where T : struct, ITensorCores =>
        T.MultiplyAdd(shared, scores, T.Matrices(shared, queries.Of(slice), 0), T.FourMatrices(shared, keys.Of(slice), step));

    public static HeadSlice Add<T>(HeadSlice sums, Quad weights, ArrayView<U4> shared, LanePlace values, int step, int slice)
        where T : struct, ITensorCores =>
        new() { _sums = T.MultiplyAdd(shared, sums._sums, weights, T.FourTransposed(shared, values.Of(slice), step)) };

    public static HeadSlice Times(HeadSlice sums, float upper, float lower)
    {
        sums._sums.C0 = Sums.Times(sums._sums.C0, upper, lower);
        sums._sums.C1 = Sums.Times(sums._sums.C1, upper, lower);
        return sums;
    }

    public static void Store<T, TOutput>(HeadSlice sums, ArrayView<uint> result, long upper, long lower, int slice, int chunks)
        where T : struct, ITensorCores
        where TOutput : struct, IOutputFormat
    {
        Store<T, TOutput>(sums._sums.C0, result, upper, lower, 2 * slice, chunks);
        Store<T, TOutput>(sums._sums.C1, result, upper, lower, (2 * slice) + 1, chunks);
    }

    private static void Store<T, TOutput>(F4 x, ArrayView<uint> result, long upper, long lower, int chunk, int chunks)
        where T : struct, ITensorCores
        where TOutput : struct, IOutputFormat
    {
        if (chunk < chunks)
        {
            if (upper >= 0)
            {
                TOutput.StoreTwo<T>(result, upper + (8 * chunk), new(x.X, x.Y));
            }

            if (lower >= 0)
            {
                TOutput.StoreTwo<T>(result, lower + (8 * chunk), new(x.Z, x.W));
            }
        }
    }
}
