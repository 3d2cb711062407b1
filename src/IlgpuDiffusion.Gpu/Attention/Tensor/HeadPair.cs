using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>A head whose columns are those of one and, behind them, those of another.</summary>
/// <typeparam name="TFirst">The first.</typeparam>
/// <typeparam name="TSecond">The second.</typeparam>
internal struct HeadPair<TFirst, TSecond> : IHead<HeadPair<TFirst, TSecond>>
    where TFirst : struct, IHead<TFirst>
    where TSecond : struct, IHead<TSecond>
{
    private TFirst _first;
    private TSecond _second;

    public static int Slices => TFirst.Slices + TSecond.Slices;

    public static void CopyRow<T>(ArrayView<U4> shared, LanePlace place, int slice, int chunks, int bytes, ArrayView<U4> source, int from)
        where T : struct, ITensorCores
    {
        TFirst.CopyRow<T>(shared, place, slice, chunks, bytes, source, from);
        TSecond.CopyRow<T>(shared, place, slice + TFirst.Slices, chunks, bytes, source, from);
    }

    public static void CopyRows<T>(ArrayView<U4> shared, int to, int slices, int slice, CopiedRows rows, ArrayView<U4> source)
        where T : struct, ITensorCores
    {
        if (Slices is 2 or 4)
        {
            CopiedRows.Copy<T>(shared, to, slices, slice, Slices, rows, source);
        }
        else
        {
            TFirst.CopyRows<T>(shared, to, slices, slice, rows, source);
            TSecond.CopyRows<T>(shared, to, slices, slice + TFirst.Slices, rows, source);
        }
    }

    public static Row64 Scores<T>(Row64 scores, ArrayView<U4> shared, LanePlace queries, LanePlace keys, int step, int slice)
        where T : struct, ITensorCores
    {
        scores = TFirst.Scores<T>(scores, shared, queries, keys, step, slice);
        return TSecond.Scores<T>(scores, shared, queries, keys, step, slice + TFirst.Slices);
    }

    public static HeadPair<TFirst, TSecond> Add<T>(HeadPair<TFirst, TSecond> sums, Quad weights, ArrayView<U4> shared, LanePlace values, int step, int slice)
        where T : struct, ITensorCores
    {
        sums._first = TFirst.Add<T>(sums._first, weights, shared, values, step, slice);
        sums._second = TSecond.Add<T>(sums._second, weights, shared, values, step, slice + TFirst.Slices);
        return sums;
    }

    public static HeadPair<TFirst, TSecond> Times(HeadPair<TFirst, TSecond> sums, float upper, float lower)
    {
        sums._first = TFirst.Times(sums._first, upper, lower);
        sums._second = TSecond.Times(sums._second, upper, lower);
        return sums;
    }

    public static void Store<T, TOutput>(HeadPair<TFirst, TSecond> sums, ArrayView<uint> result, long upper, long lower, int slice, int chunks)
        where T : struct, ITensorCores
        where TOutput : struct, IOutputFormat
    {
        TFirst.Store<T, TOutput>(sums._first, result, upper, lower, slice, chunks);
        TSecond.Store<T, TOutput>(sums._second, result, upper, lower, slice + TFirst.Slices, chunks);
    }
}
