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

        int stride = 2 * THead.Slices;
        int tile = HeadTile.Rows * stride;
        int item = Group.IdxX;
        int head = Grid.IdxY * shape.Chunks;
        CopyQueries<T, THead, TTokens>(shape, queries, tiles, group, head, shared);
        int firstKeys = TTokens.Keys(shape, shape.First, first.Bounds, group);
        int secondKeys = TTokens.Keys(shape, shape.Second, second.Bounds, group);
        int firstImage = Grid.IdxZ / shape.First.Sharing * shape.First.Tokens;
        int secondImage = Grid.IdxZ / shape.Second.Sharing * shape.Second.Tokens;
        int firstBlocks = (firstKeys + HeadTile.Rows - 1) / HeadTile.Rows;
        int blocks = firstBlocks + ((secondKeys + HeadTile.Rows - 1) / HeadTile.Rows);
        bool isSmall = HeadTile.HasTwoStages(THead.Slices);
        CopyBlock<T, THead, TTokens>(shape, first, second, group, 0, firstBlocks, firstKeys, secondKeys, firstImage, secondImage, shared, tile, head, true, isSmall);
        T.EndBatch(shared);

        int lane = item & 31;
        int warpRow = ((item >> 5) * 16) + (lane >> 2);
        LanePlace left = HeadTile.Left(item, THead.Slices);
        LanePlace keys = HeadTile.Keys(lane, THead.Slices);
        LanePlace values = HeadTile.Values(lane, THead.Slices);
        THead sums = default;
        F2 largest = new(Lowest, Lowest);
        F2 total = default;
        int stage = tile;
        for (int block = 0; block < blocks; block++)
        {
            T.AwaitAll(shared);
            Group.Barrier();

            // Of small heads the next block while this one is worked on; of large ones its values during its scores, and the next one's keys during its weights.
            int copied = isSmall ? block + 1 : block;
            CopyBlock<T, THead, TTokens>(shape, first, second, group, copied, firstBlocks, firstKeys, secondKeys, firstImage, secondImage, shared, isSmall ? (4 * tile) - stage : stage, head, isSmall, true);
            T.EndBatch(shared);
            LanePlace blockKeys = keys;
            blockKeys.Row += stage;
            LanePlace blockValues = values;
            blockValues.Row += stage + tile;
            Row64 s = THead.Scores<T>(default, shared, left, blockKeys, 16 * stride, 0);
            if (!isSmall)
            {
                T.AwaitAll(shared);
                Group.Barrier();
                CopyBlock<T, THead, TTokens>(shape, first, second, group, block + 1, firstBlocks, firstKeys, secondKeys, firstImage, secondImage, shared, stage, head, true, false);
                T.EndBatch(shared);
            }

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
            stage = isSmall ? (4 * tile) - stage : stage;
        }

        T.AwaitAll(shared);
        float totalUpper = ScoreRows.OfLanes(total.X);
        float totalLower = ScoreRows.OfLanes(total.Y);
        sums = THead.Times(sums, totalUpper > 0f ? T.Reciprocal(totalUpper) : 0f, totalLower > 0f ? T.Reciprocal(totalLower) : 0f);
        int upperQuery = TTokens.Query(shape, tiles, group, warpRow);
        int lowerQuery = TTokens.Query(shape, tiles, group, warpRow + 8);
        long image = (long)Grid.IdxZ * shape.Queries;
        int column = (8 * head) + (2 * (lane & 3));
        long to = ((image + upperQuery) * shape.StrideO) + column;
        long toLower = ((image + lowerQuery) * shape.StrideO) + column;
        THead.Store<T, TOutput>(sums, result, upperQuery < 0 ? -1 : to, lowerQuery < 0 ? -1 : toLower, 0, shape.Chunks);
    }

    private static void CopyQueries<T, THead, TTokens>(FlashAttentionShape shape, ArrayView<U4> queries, ArrayView<int> tiles, GroupQueries group, int head, ArrayView<U4> shared)
        where T : struct, ITensorCores
        where THead : struct, IHead<THead>
        where TTokens : struct, ITokens
    {
        int image = Grid.IdxZ * shape.Queries;
        if (TTokens.AreInOrder)
        {
            CopiedRows rows = new() { From = ((image + group.First) * shape.StrideQ) + head, Stride = shape.StrideQ, Count = shape.Queries - group.First, Chunks = shape.Chunks };
            THead.CopyRows<T>(shared, 0, THead.Slices, 0, rows, queries);
        }
        else
        {
            LanePlace place = HeadTile.Copied(Group.IdxX, THead.Slices);
            int query = TTokens.Query(shape, tiles, group, Group.IdxX >> 1);
            THead.CopyRow<T>(shared, place, 0, shape.Chunks, 16 & ~DenseRows.Negative(query), queries, ((image + query) * shape.StrideQ) + head);
        }
    }

    // A block's keys and values, or one of them; behind the last block zeros, which nobody reads.
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
        int head,
        bool withKeys,
        bool withValues)
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
        int valueStage = stage + (HeadTile.Rows * 2 * THead.Slices);
        if (TTokens.AreInOrder)
        {
            CopiedRows rows = new() { From = ((image + at) * segment.StrideK) + head, Stride = segment.StrideK, Count = left, Chunks = shape.Chunks };
            if (withKeys)
            {
                THead.CopyRows<T>(shared, stage, THead.Slices, 0, rows, keys);
            }

            rows.From = ((image + at) * segment.StrideV) + head;
            rows.Stride = segment.StrideV;
            if (withValues)
            {
                THead.CopyRows<T>(shared, valueStage, THead.Slices, 0, rows, values);
            }
        }
        else
        {
            int row = Group.IdxX >> 1;
            int bytes = 16 & DenseRows.Negative(row - left);
            int token = image + TTokens.Key(segment, isFirst ? first.Bounds : second.Bounds, group, at + row);
            LanePlace place = HeadTile.Copied(Group.IdxX, THead.Slices);
            place.Row += stage;
            if (withKeys)
            {
                THead.CopyRow<T>(shared, place, 0, shape.Chunks, bytes, keys, (token * segment.StrideK) + head);
            }

            place.Row += valueStage - stage;
            if (withValues)
            {
                THead.CopyRow<T>(shared, place, 0, shape.Chunks, bytes, values, (token * segment.StrideV) + head);
            }
        }
    }
}
