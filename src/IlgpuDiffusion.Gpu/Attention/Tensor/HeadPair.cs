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

    public static void CopyRow<T>(ArrayView<U4> shared, LanePlace place, int slices, int slice, int chunks, ArrayView<U4> source, int from)
        where T : struct, ITensorCores
    {
        TFirst.CopyRow<T>(shared, place, slices, slice, chunks, source, from);
        TSecond.CopyRow<T>(shared, place, slices, slice + TFirst.Slices, chunks, source, from);
    }

    public static void CopyRows<T>(ArrayView<U4> shared, int to, int slices, int slice, CopiedRows rows, bool both)
        where T : struct, ITensorCores
    {
        if (Slices is 2 or 4)
        {
            CopiedRows.Copy<T>(shared, to, slices, slice, Slices, rows, both);
        }
        else
        {
            TFirst.CopyRows<T>(shared, to, slices, slice, rows, both);
            TSecond.CopyRows<T>(shared, to, slices, slice + TFirst.Slices, rows, both);
        }
    }

    public static HeadPair<TFirst, TSecond> Load<T>(ArrayView<U4> shared, LanePlace queries, int slices, int slice)
        where T : struct, ITensorCores =>
        new() { _first = TFirst.Load<T>(shared, queries, slices, slice), _second = TSecond.Load<T>(shared, queries, slices, slice + TFirst.Slices) };

    public static Row64 Scores<T>(Row64 scores, HeadPair<TFirst, TSecond> head, ArrayView<U4> shared, LanePlace keys, int slices, int slice)
        where T : struct, ITensorCores
    {
        scores = TFirst.Scores<T>(scores, head._first, shared, keys, slices, slice);
        return TSecond.Scores<T>(scores, head._second, shared, keys, slices, slice + TFirst.Slices);
    }

    public static HeadPair<TFirst, TSecond> Add<T>(HeadPair<TFirst, TSecond> head, Quad weights, ArrayView<U4> shared, LanePlace values, int slices, int slice)
        where T : struct, ITensorCores
    {
        head._first = TFirst.Add<T>(head._first, weights, shared, values, slices, slice);
        head._second = TSecond.Add<T>(head._second, weights, shared, values, slices, slice + TFirst.Slices);
        return head;
    }

    public static HeadPair<TFirst, TSecond> Times(HeadPair<TFirst, TSecond> head, float upper, float lower)
    {
        head._first = TFirst.Times(head._first, upper, lower);
        head._second = TSecond.Times(head._second, upper, lower);
        return head;
    }

    public static void Store<T, TOutput>(HeadPair<TFirst, TSecond> head, ArrayView<uint> result, long upper, long lower, int slice, int chunks)
        where T : struct, ITensorCores
        where TOutput : struct, IOutputFormat
    {
        TFirst.Store<T, TOutput>(head._first, result, upper, lower, slice, chunks);
        TSecond.Store<T, TOutput>(head._second, result, upper, lower, slice + TFirst.Slices, chunks);
    }
}
