using ILGPU;

namespace IlgpuDiffusion.Gpu.Tensor;

/// <summary>
/// softmax(scale · Q Kᵀ) V, streamed over blocks of 64 keys (Dao, FlashAttention-2, 2023), of 16-bit numbers with sums in 32 bits.
/// Q [B, Tq, heads · d], K and V [R, Tk, heads · d]; a group makes 64 queries of a head, a warp 16 of them; in a tile they see the same keys.
/// Blocks come in order, the first segment's first, so that bits depend on the keys seen alone. A query without keys gives 0.
/// </summary>
internal static class AttentionKernel
{
    // Below every score, and finite, so that a row without keys stays a number.
    private const float Lowest = -1e30f;

    /// <summary>Groups are (some of the queries, heads, images).</summary>
    [Kernel(typeof(EmulatedTensorCores<BFloat16>), typeof(HeadPair<HeadPair<HeadSlice, HeadSlice>, HeadPair<HeadSlice, HeadSlice>>), typeof(TokensInOrder), typeof(StoredFloat))]
    [Kernel(typeof(EmulatedTensorCores<Float16>), typeof(HeadPair<HeadPair<HeadSlice, HeadSlice>, HeadSlice>), typeof(TokensInTiles), typeof(Stored16<Float16>))]
    public static void Stream<T, THead, TTokens, TStored>(
        AttentionShape shape, ArrayView<U4> queries, AttentionSegment first, AttentionSegment second, ArrayView<int> tiles, ArrayView<uint> result)
        where T : struct, ITensorCores
        where THead : struct, IHead<THead>
        where TTokens : struct, ITokens
        where TStored : struct, IStored
    {
        ArrayView<U4> shared = T.Shared();
        T.Start(shared);
        GroupQueries group = TTokens.Find(shape, tiles);
        if (group.First < 0)
        {
            return;
        }

        int stride = 2 * THead.Slices;
        int tile = HeadTile.Rows * stride;
        int item = Group.IdxX;
        int head = Grid.IdxY * shape.Chunks;

        // Two items copy a row, a chunk of each slice.
        int row = item >> 1;
        LanePlace mine = new() { Row = row * stride, Chunk = item & 1, Turn = HeadTile.Turn(row, THead.Slices) };
        int query = TTokens.Query(shape, tiles, group, row);
        THead.Copy<T>(shared, mine, 0, shape.Chunks, 16 & ~DenseRows.Negative(query), queries, (((Grid.IdxZ * shape.Queries) + query) * shape.StrideQ) + head);
        int firstKeys = TTokens.Keys(shape, shape.First, first.Bounds, group);
        int secondKeys = TTokens.Keys(shape, shape.Second, second.Bounds, group);
        int firstImage = Grid.IdxZ / shape.First.Sharing * shape.First.Tokens;
        int secondImage = Grid.IdxZ / shape.Second.Sharing * shape.Second.Tokens;
        int firstBlocks = (firstKeys + HeadTile.Rows - 1) / HeadTile.Rows;
        int blocks = firstBlocks + ((secondKeys + HeadTile.Rows - 1) / HeadTile.Rows);
        CopyBlock<T, THead, TTokens>(shape, first, second, group, 0, firstBlocks, firstKeys, secondKeys, firstImage, secondImage, shared, mine, tile, row, head);
        T.EndBatch();

        int lane = item & 31;
        int turn = HeadTile.Turn(lane & 7, THead.Slices);
        int warpRow = ((item >> 5) * 16) + (lane >> 2);
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
            CopyBlock<T, THead, TTokens>(shape, first, second, group, block + 1, firstBlocks, firstKeys, secondKeys, firstImage, secondImage, shared, mine, (4 * tile) - stage, row, head);
            T.EndBatch();
            LanePlace blockKeys = keys;
            blockKeys.Row += stage;
            LanePlace blockValues = values;
            blockValues.Row += stage + tile;
            Row64 s = THead.Scores<T>(default, shared, left, blockKeys, 16 * stride, 0);
            int end = block < firstBlocks ? firstKeys - (block * HeadTile.Rows) : secondKeys - ((block - firstBlocks) * HeadTile.Rows);
            bool isDiagonal = TTokens.IsDiagonal(shape, block);
            if (end < HeadTile.Rows || isDiagonal)
            {
                int own = isDiagonal ? warpRow + 1 : HeadTile.Rows;
                s = ScoreRows.Hide(s, 2 * (lane & 3), Math.Min(end, own), Math.Min(end, own + 8));
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
        int upperQuery = TTokens.Query(shape, tiles, group, warpRow);
        int lowerQuery = TTokens.Query(shape, tiles, group, warpRow + 8);
        long image = (long)Grid.IdxZ * shape.Queries;
        int column = (8 * head) + (2 * (lane & 3));
        long to = ((image + upperQuery) * shape.StrideO) + column;
        long toLower = ((image + lowerQuery) * shape.StrideO) + column;
        THead.Store<T, TStored>(sums, result, upperQuery < 0 ? -1 : to, lowerQuery < 0 ? -1 : toLower, 0, shape.Chunks);
    }

    // Keys and, behind them, values; behind the last block zeros, which nobody reads.
    private static void CopyBlock<T, THead, TTokens>(
        AttentionShape shape,
        AttentionSegment first,
        AttentionSegment second,
        GroupQueries group,
        int block,
        int firstBlocks,
        int firstKeys,
        int secondKeys,
        int firstImage,
        int secondImage,
        ArrayView<U4> shared,
        LanePlace place,
        int stage,
        int row,
        int head)
        where T : struct, ITensorCores
        where THead : struct, IHead<THead>
        where TTokens : struct, ITokens
    {
        bool isFirst = block < firstBlocks;
        SegmentShape segment = isFirst ? shape.First : shape.Second;
        ArrayView<U4> keys = isFirst ? first.Keys : second.Keys;
        ArrayView<U4> values = isFirst ? first.Values : second.Values;
        int index = ((isFirst ? block : block - firstBlocks) * HeadTile.Rows) + row;
        int bytes = 16 & DenseRows.Negative(index - (isFirst ? firstKeys : secondKeys));
        int token = (isFirst ? firstImage : secondImage) + TTokens.Key(segment, isFirst ? first.Bounds : second.Bounds, group, index);
        place.Row += stage;
        THead.Copy<T>(shared, place, 0, shape.Chunks, bytes, keys, (token * segment.StrideK) + head);
        place.Row += HeadTile.Rows * 2 * THead.Slices;
        THead.Copy<T>(shared, place, 0, shape.Chunks, bytes, values, (token * segment.StrideV) + head);
    }
}
