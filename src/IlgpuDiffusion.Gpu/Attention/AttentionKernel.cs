using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>
/// The portable attention: an item takes 4 queries of one head through all keys of a segment, 4 keys at a time in order. Weighted
/// values so far are kept in memory of their own, in single precision whatever the operands are; the softmax runs on (Milakov and Gimelshein 2018), over segments by way of their state.
/// </summary>
internal static class AttentionKernel
{
    /// <summary>Queries of an item.</summary>
    public const int Tile = 4;

    /// <summary>Numbers of state a query and head.</summary>
    public const int State = 2;

    /// <summary>Computes one tile of queries an item. Operands that are not there are any view.</summary>
    /// <param name="p">The sizes.</param>
    /// <param name="queries">Queries of all images.</param>
    /// <param name="keys">The segment's keys.</param>
    /// <param name="values">The segment's values.</param>
    /// <param name="tiles">Rectangles of the queries' grid.</param>
    /// <param name="bounds">Rectangles of the keys' grid.</param>
    /// <param name="bias">A summand of the scores.</param>
    /// <param name="sums">Weighted values so far, and behind them, if there are several segments, largest score and sum of weights per image, head and query.</param>
    /// <param name="result">The result.</param>
    [Kernel(EveryFormat = true)]
    public static void Attend<TElement, TFormat>(
        AttentionShape p,
        ArrayView<TElement> queries,
        ArrayView<TElement> keys,
        ArrayView<TElement> values,
        ArrayView<int> tiles,
        ArrayView<int> bounds,
        ArrayView<float> bias,
        ArrayView<float> sums,
        ArrayView<TElement> result)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
    {
        int item = WorkItem.Index;
        int parts = (p.Queries + Tile - 1) / Tile;
        int head = item / parts % p.Heads, image = item / parts / p.Heads, first = item % parts * Tile;
        if (image >= p.Batch)
        {
            return;
        }

        int done = 0;
        for (int i = 0; i < Tile; i++)
        {
            if (first + i < p.Queries && (done & (1 << i)) == 0)
            {
                // Queries of other tiles, and those past the end, repeat this one, so that the loops have no branches.
                int tile = TileOf(p, tiles, first + i);
                int same = 0;
                for (int j = i; j < Tile; j++)
                {
                    same |= first + j < p.Queries && TileOf(p, tiles, first + j) == tile ? 1 << j : 0;
                }

                done |= same;
                AttentionTile.Meet<TElement, TFormat>(
                    p,
                    queries,
                    keys,
                    values,
                    KeyRange.Of(p, bounds, tile),
                    bias,
                    sums,
                    result,
                    image,
                    head,
                    (same & 1) != 0 ? first : first + i,
                    (same & 2) != 0 ? first + 1 : first + i,
                    (same & 4) != 0 ? first + 2 : first + i,
                    (same & 8) != 0 ? first + 3 : first + i);
            }
        }
    }

    // The tile that holds a query, or 0 if the segment's keys are the same for all.
    private static int TileOf(AttentionShape p, ArrayView<int> tiles, int query)
    {
        if (p.BoundsStride == 0)
        {
            return 0;
        }

        int y = query / p.QueryWidth, x = query % p.QueryWidth;
        int tile = 0;
        while (tile < p.Tiles && !KeyRange.Holds(tiles, (long)tile * p.TileStride, y, x))
        {
            tile++;
        }

        return tile;
    }
}
