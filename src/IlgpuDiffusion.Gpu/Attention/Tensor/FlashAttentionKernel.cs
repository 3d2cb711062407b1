using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>
/// softmax(scale · Q Kᵀ) V, streamed over blocks of 64 keys (Dao, FlashAttention-2, 2023), of 16-bit numbers with sums in 32 bits.
/// Q [B, Tq, heads · d], K and V [R, Tk, heads · d]; a group makes 64 queries of a head, a warp 16 of them; in a tile they see the same keys.
/// Blocks come in order, the first segment's first, so that bits depend on the keys seen alone. A query without keys gives 0.
/// </summary>
internal static class FlashAttentionKernel
{
    // Below every score, and finite, so that a row without keys stays a number.
    private const float Lowest = -1e30f;

    /// <summary>Groups are (some of the queries, heads, images).</summary>
    [Kernel(typeof(EmulatedTensorCores<BFloat16>), typeof(HeadPair<HeadPair<HeadSlice, HeadSlice>, HeadPair<HeadSlice, HeadSlice>>), typeof(TokensInOrder), typeof(Output32))]
    [Kernel(typeof(EmulatedTensorCores<Float16>), typeof(HeadPair<HeadPair<HeadSlice, HeadSlice>, HeadSlice>), typeof(TokensInTiles), typeof(Output16<Float16>))]
    public static void Stream<T, THead, TTokens, TOutput>(
        FlashAttentionShape shape, ArrayView<U4> queries, AttentionSegment first, AttentionSegment second, ArrayView<int> tiles, ArrayView<uint> result)
        where T : struct, ITensorCores
        where THead : struct, IHead<THead>
        where TTokens : struct, ITokens
        where TOutput : struct, IOutputFormat
    {
        ArrayView<U4> shared = T.Shared();
        T.Start(shared);
        GroupQueries group = TTokens.Find(shape, tiles);
        if (group.First < 0)
        {
            return;
        }

        int tile = HeadTile.Block(THead.Slices);
        int item = Group.IdxX;
        int head = Grid.IdxY * shape.Chunks;
        int other = 2 * tile;
        CopyQueries<T, THead, TTokens>(shape, queries, tiles, group, head, shared, other);
        int firstKeys = TTokens.Keys(shape, shape.First, first.Bounds, group);
        int secondKeys = TTokens.Keys(shape, shape.Second, second.Bounds, group);
        int firstImage = Grid.IdxZ / shape.First.Sharing * shape.First.Tokens;
        int secondImage = Grid.IdxZ / shape.Second.Sharing * shape.Second.Tokens;
        int firstBlocks = (firstKeys + HeadTile.Rows - 1) / HeadTile.Rows;
        int blocks = firstBlocks + ((secondKeys + HeadTile.Rows - 1) / HeadTile.Rows);
        CopyBlock<T, THead, TTokens>(shape, first, second, group, 0, firstBlocks, firstKeys, secondKeys, firstImage, secondImage, shared, 0, head);
        T.EndBatch(shared);

        int lane = item & 31;
        int warpRow = ((item >> 5) * 16) + (lane >> 2);
        LanePlace keys = HeadTile.Keys(lane, THead.Slices);
        LanePlace values = HeadTile.Values(lane, THead.Slices);
        T.AwaitAll(shared);
        Group.Barrier();
        THead held = THead.Load<T>(shared, LanePlace.Plus(HeadTile.Left(item, THead.Slices), other), THead.Slices, 0);
        F2 largest = new(Lowest, Lowest);
        F2 total = default;
        int stage = 0;
        for (int block = 0; block < blocks; block++)
        {
            T.AwaitAll(shared);
            Group.Barrier();

            // The next block while this one is worked on.
            CopyBlock<T, THead, TTokens>(shape, first, second, group, block + 1, firstBlocks, firstKeys, secondKeys, firstImage, secondImage, shared, other - stage, head);
            T.EndBatch(shared);
            Row64 s = THead.Scores<T>(default, held, shared, LanePlace.Plus(keys, stage), THead.Slices, 0);
            int end = block < firstBlocks ? firstKeys - (block * HeadTile.Rows) : secondKeys - ((block - firstBlocks) * HeadTile.Rows);
            bool isDiagonal = TTokens.IsDiagonal(shape, block);
            if (end < HeadTile.Rows || isDiagonal)
            {
                int own = isDiagonal ? warpRow + 1 : HeadTile.Rows;
                int lanes = 2 * (lane & 3);
                s = ScoreRows.Hide(s, Math.Min(end, own) - lanes, Math.Min(end, own + 8) - lanes);
            }

            F2 larger = ScoreRows.Largest(s, largest);
            float upper = T.Exp2((largest.X - larger.X) * shape.Scale);
            float lower = T.Exp2((largest.Y - larger.Y) * shape.Scale);
            largest = larger;
            s = ScoreRows.Weights<T>(s, shape.Scale, new(larger.X * shape.Scale, larger.Y * shape.Scale));
            F2 more = ScoreRows.Sum(s);
            total = new((total.X * upper) + more.X, (total.Y * lower) + more.Y);
            held = THead.Times(held, upper, lower);
            held = THead.Add<T>(held, ScoreRows.Packed<T>(s), shared, LanePlace.Plus(values, stage + tile), THead.Slices, 0);
            stage = other - stage;
        }

        T.AwaitAll(shared);
        float totalUpper = ScoreRows.OfLanes(total.X);
        float totalLower = ScoreRows.OfLanes(total.Y);
        held = THead.Times(held, totalUpper > 0f ? T.Reciprocal(totalUpper) : 0f, totalLower > 0f ? T.Reciprocal(totalLower) : 0f);
        int upperQuery = TTokens.Query(shape, tiles, group, warpRow);
        int lowerQuery = TTokens.Query(shape, tiles, group, warpRow + 8);
        long image = (long)Grid.IdxZ * shape.Queries;
        int column = (8 * head) + (2 * (lane & 3));
        long to = ((image + upperQuery) * shape.StrideO) + column;
        long toLower = ((image + lowerQuery) * shape.StrideO) + column;
        THead.Store<T, TOutput>(held, result, upperQuery < 0 ? -1 : to, lowerQuery < 0 ? -1 : toLower, 0, shape.Chunks);
    }

    private static void CopyQueries<T, THead, TTokens>(FlashAttentionShape shape, ArrayView<U4> queries, ArrayView<int> tiles, GroupQueries group, int head, ArrayView<U4> shared, int to)
        where T : struct, ITensorCores
        where THead : struct, IHead<THead>
        where TTokens : struct, ITokens
    {
        int image = Grid.IdxZ * shape.Queries;
        if (TTokens.AreInOrder)
        {
            CopiedRows rows = new() { Keys = queries, Values = queries, KeysFrom = ((image + group.First) * shape.StrideQ) + head, KeysStride = shape.StrideQ, Count = shape.Queries - group.First, Chunks = shape.Chunks };
            THead.CopyRows<T>(shared, to, THead.Slices, 0, rows, false);
        }
        else
        {
            int query = TTokens.Query(shape, tiles, group, Group.IdxX >> 1), chunk = Group.IdxX & 1;
            LanePlace place = LanePlace.Plus(HeadTile.Copied(Group.IdxX, THead.Slices), to);
            THead.CopyRow<T>(shared, place, THead.Slices, 0, (shape.Chunks - chunk) & ~DenseRows.Negative(query), queries, ((image + query) * shape.StrideQ) + head + chunk);
        }
    }

    // A block's keys and values; behind the last block zeros, which nobody reads.
    private static void CopyBlock<T, THead, TTokens>(
        FlashAttentionShape shape,
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
        int stage,
        int head)
        where T : struct, ITensorCores
        where THead : struct, IHead<THead>
        where TTokens : struct, ITokens
    {
        bool isFirst = block < firstBlocks;
        SegmentShape segment = isFirst ? shape.First : shape.Second;
        ArrayView<U4> keys = isFirst ? first.Keys : second.Keys;
        ArrayView<U4> values = isFirst ? first.Values : second.Values;
        int image = isFirst ? firstImage : secondImage;
        int at = (isFirst ? block : block - firstBlocks) * HeadTile.Rows;
        int left = (isFirst ? firstKeys : secondKeys) - at;
        if (TTokens.AreInOrder)
        {
            CopiedRows rows = new()
            {
                Keys = keys,
                Values = values,
                KeysFrom = ((image + at) * segment.StrideK) + head,
                ValuesFrom = ((image + at) * segment.StrideV) + head,
                KeysStride = segment.StrideK,
                ValuesStride = segment.StrideV,
                Count = left,
                Chunks = shape.Chunks,
            };
            THead.CopyRows<T>(shared, stage, THead.Slices, 0, rows, true);
        }
        else
        {
            // What there is of a row depends on the block: what does not, of each slice, would be kept through all of the loop.
            int row = Group.IdxX >> 1, chunk = Group.IdxX & 1;
            int chunks = (shape.Chunks - chunk) & DenseRows.Negative(row - left);
            int token = image + TTokens.Key(segment, isFirst ? first.Bounds : second.Bounds, group, at + row);
            LanePlace place = LanePlace.Plus(HeadTile.Copied(Group.IdxX, THead.Slices), stage);
            THead.CopyRow<T>(shared, place, THead.Slices, 0, chunks, keys, (token * segment.StrideK) + head + chunk);
            THead.CopyRow<T>(shared, LanePlace.Plus(place, HeadTile.Block(THead.Slices)), THead.Slices, 0, chunks, values, (token * segment.StrideV) + head + chunk);
        }
    }
}
