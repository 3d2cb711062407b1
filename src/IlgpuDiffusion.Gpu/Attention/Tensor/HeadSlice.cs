using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>16 columns of a head.</summary>
internal struct HeadSlice : IHead<HeadSlice>
{
    private U4 _queries;
    private Slice _sums;

    public static int Slices => 1;

    public static void CopyRow<T>(ArrayView<U4> shared, LanePlace place, int slices, int slice, int chunks, ArrayView<U4> source, int from)
        where T : struct, ITensorCores =>
        T.Copy(shared, LanePlace.At(place, slices, slice), LanePlace.Further(slices, slice), source, from + (2 * slice), 16 & DenseRows.Negative((2 * slice) - chunks));

    public static void CopyRows<T>(ArrayView<U4> shared, int to, int slices, int slice, CopiedRows rows, bool both)
        where T : struct, ITensorCores =>
        CopiedRows.Copy<T>(shared, to, slices, slice, 1, rows, both);

    public static HeadSlice Load<T>(ArrayView<U4> shared, LanePlace queries, int slices, int slice)
        where T : struct, ITensorCores =>
        new() { _queries = T.Matrices(shared, LanePlace.At(queries, slices, slice), LanePlace.Further(slices, slice)) };

    public static Row64 Scores<T>(Row64 scores, HeadSlice head, ArrayView<U4> shared, LanePlace keys, int slices, int slice)
        where T : struct, ITensorCores =>
        T.MultiplyAdd(shared, scores, head._queries, T.FourMatrices(shared, LanePlace.At(keys, slices, slice), LanePlace.Further(slices, slice), HeadTile.Strip(slices)));

    public static HeadSlice Add<T>(HeadSlice head, Quad weights, ArrayView<U4> shared, LanePlace values, int slices, int slice)
        where T : struct, ITensorCores
    {
        head._sums = T.MultiplyAdd(shared, head._sums, weights, T.FourTransposed(shared, LanePlace.At(values, slices, slice), LanePlace.Further(slices, slice), HeadTile.Strip(slices)));
        return head;
    }

    public static HeadSlice Times(HeadSlice head, float upper, float lower)
    {
        head._sums.C0 = Sums.Times(head._sums.C0, upper, lower);
        head._sums.C1 = Sums.Times(head._sums.C1, upper, lower);
        return head;
    }

    public static void Store<T, TOutput>(HeadSlice head, ArrayView<uint> result, long upper, long lower, int slice, int chunks)
        where T : struct, ITensorCores
        where TOutput : struct, IOutputFormat
    {
        Store<T, TOutput>(head._sums.C0, result, upper, lower, 2 * slice, chunks);
        Store<T, TOutput>(head._sums.C1, result, upper, lower, (2 * slice) + 1, chunks);
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
