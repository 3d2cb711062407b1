using ILGPU;

namespace IlgpuDiffusion.Gpu.Tensor;

/// <summary>
/// softmax(scale · Q Kᵀ) V, streamed over blocks of 64 keys (Dao, FlashAttention-2, 2023), of 16-bit numbers with sums in 32 bits.
/// Q [B, Tq, heads · d], K and V [R, Tk, heads · d]; a group makes 64 queries of a head, a warp 16 of them. Blocks come in order, the first
/// segment's first, so that bits depend on the segments alone. A query without keys gives 0.
/// </summary>
internal static class AttentionKernel
{
    // Below every score, and finite, so that a row without keys stays a number.
    private const float Lowest = -1e30f;

    /// <summary>Groups are (tiles of queries, heads, images).</summary>
    [Kernel(typeof(EmulatedTensorCores<BFloat16>), typeof(HeadPair<HeadPair<HeadSlice, HeadSlice>, HeadPair<HeadSlice, HeadSlice>>), typeof(StoredFloat))]
    [Kernel(typeof(EmulatedTensorCores<Float16>), typeof(HeadPair<HeadPair<HeadSlice, HeadSlice>, HeadSlice>), typeof(Stored16<Float16>))]
    public static void Stream<T, THead, TStored>(AttentionShape shape, ArrayView<U4> queries, AttentionSegment first, AttentionSegment second, ArrayView<uint> result)
        where T : struct, ITensorCores
        where THead : struct, IHead<THead>
        where TStored : struct, IStored
    {
        ArrayView<U4> shared = T.Shared();
        T.Start(shared);
        int stride = 2 * THead.Slices;
        int tile = HeadTile.Rows * stride;
        int item = Group.IdxX;
        int firstQuery = Grid.IdxX * HeadTile.Rows;
        int head = Grid.IdxY * shape.Chunks;

        // Two items copy a row, a chunk of each slice.
        int row = item >> 1;
        LanePlace mine = new() { Row = row * stride, Chunk = item & 1, Turn = HeadTile.Turn(row, THead.Slices) };
        int query = firstQuery + row;
        THead.Copy<T>(shared, mine, 0, shape.Chunks, 16 & DenseRows.Negative(query - shape.Queries), queries, (((Grid.IdxZ * shape.Queries) + query) * shape.StrideQ) + head);
        int firstBlocks = (shape.First.End - shape.First.Begin + HeadTile.Rows - 1) / HeadTile.Rows;
        int blocks = firstBlocks + ((shape.Second.End - shape.Second.Begin + HeadTile.Rows - 1) / HeadTile.Rows);
        CopyBlock<T, THead>(shape, first, second, 0, firstBlocks, blocks, shared, mine, tile, row, head);
        T.EndBatch();

        int lane = item & 31;
        int turn = HeadTile.Turn(lane & 7, THead.Slices);
        LanePlace left = new() { Row = (((item >> 5) * 16) + (lane & 15)) * stride, Chunk = lane >> 4, Turn = turn };
        LanePlace keys = new() { Row = ((lane & 7) + ((lane >> 4) << 3)) * stride, Chunk = (lane >> 3) & 1, Turn = turn };
        LanePlace values = new() { Row = (lane & 15) * stride, Chunk = lane >> 4, Turn = turn };
        THead sums = default;
        F2 largest = new(Lowest, Lowest);
        F2 total = default;
        int stage = tile;
        for (int block = 0; block < blocks; block++)
        {
            T.AwaitAll();
            Group.Barrier();
            CopyBlock<T, THead>(shape, first, second, block + 1, firstBlocks, blocks, shared, mine, (4 * tile) - stage, row, head);
            T.EndBatch();
            LanePlace blockKeys = keys;
            blockKeys.Row += stage;
            LanePlace blockValues = values;
            blockValues.Row += stage + tile;
            Row64 s = THead.Scores<T>(default, shared, left, blockKeys, 16 * stride, 0);
            int end = block < firstBlocks ? shape.First.End - shape.First.Begin - (block * HeadTile.Rows) : shape.Second.End - shape.Second.Begin - ((block - firstBlocks) * HeadTile.Rows);
            if (end < HeadTile.Rows)
            {
                s = ScoreRows.Hide(s, 2 * (lane & 3), end);
            }

            F2 larger = ScoreRows.Largest(s, largest);
            float upper = T.Exp2((largest.X - larger.X) * shape.Scale);
            float lower = T.Exp2((largest.Y - larger.Y) * shape.Scale);
            largest = larger;
            s = ScoreRows.Weights<T>(s, shape.Scale, new(larger.X * shape.Scale, larger.Y * shape.Scale));
            F2 more = ScoreRows.Sum(s);
            total = new((total.X * upper) + more.X, (total.Y * lower) + more.Y);
            sums = THead.Times(sums, upper, lower);
            sums = THead.Add<T>(sums, ScoreRows.Packed<T>(s), shared, blockValues, 16 * stride, 0);
            stage = (4 * tile) - stage;
        }

        T.AwaitAll();
        float totalUpper = ScoreRows.OfLanes(total.X);
        float totalLower = ScoreRows.OfLanes(total.Y);
        sums = THead.Times(sums, totalUpper > 0f ? T.Reciprocal(totalUpper) : 0f, totalLower > 0f ? T.Reciprocal(totalLower) : 0f);
        int mineUpper = firstQuery + ((item >> 5) * 16) + (lane >> 2);
        long to = (((long)Grid.IdxZ * shape.Queries) + mineUpper) * shape.StrideO + (8 * head) + (2 * (lane & 3));
        THead.Store<T, TStored>(sums, result, mineUpper < shape.Queries ? to : -1, mineUpper + 8 < shape.Queries ? to + (8L * shape.StrideO) : -1, 0, shape.Chunks);
    }

    // Keys and, behind them, values; behind the last block zeros, which nobody reads.
    private static void CopyBlock<T, THead>(
        AttentionShape shape, AttentionSegment first, AttentionSegment second, int block, int firstBlocks, int blocks, ArrayView<U4> shared, LanePlace place, int stage, int row, int head)
        where T : struct, ITensorCores
        where THead : struct, IHead<THead>
    {
        bool isFirst = block < firstBlocks;
        SegmentShape segment = isFirst ? shape.First : shape.Second;
        ArrayView<U4> keys = isFirst ? first.Keys : second.Keys;
        ArrayView<U4> values = isFirst ? first.Values : second.Values;
        int key = segment.Begin + ((isFirst ? block : block - firstBlocks) * HeadTile.Rows) + row;
        int bytes = 16 & DenseRows.Negative(key - segment.End) & DenseRows.Negative(block - blocks);
        int from = ((((Grid.IdxZ / segment.Sharing) * segment.Tokens) + key) * segment.Stride) + head;
        place.Row += stage;
        THead.Copy<T>(shared, place, 0, shape.Chunks, bytes, keys, from);
        place.Row += HeadTile.Rows * 2 * THead.Slices;
        THead.Copy<T>(shared, place, 0, shape.Chunks, bytes, values, from);
    }
}
