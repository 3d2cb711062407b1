using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>
/// Queries tile by tile, each a rectangle of their grid, and of segments that have bounds the keys in, or outside of, the tile's rectangle of theirs.
/// There are as many groups as any tiles of that number can need; the rest have nothing to do.
/// </summary>
internal struct TokensInTiles : ITokens
{
    /// <summary>The most groups that tiles need which part a grid among them.</summary>
    public static int Groups(int queries, int tiles) => (queries / HeadTile.Rows) + tiles;

    public static bool AreInOrder => false;

    public static GroupQueries Find(FlashAttentionShape shape, ArrayView<int> tiles)
    {
        int left = Grid.IdxX;
        for (int tile = 0; tile < shape.Tiles; tile++)
        {
            int groups = (Of(shape, tiles, tile).Count + HeadTile.Rows - 1) / HeadTile.Rows;
            if (left < groups)
            {
                return new() { Tile = tile, First = left * HeadTile.Rows };
            }

            left -= groups;
        }

        return new() { First = -1 };
    }

    public static int Query(FlashAttentionShape shape, ArrayView<int> tiles, GroupQueries group, int row)
    {
        KeyRange range = Of(shape, tiles, group.Tile);
        return group.First + row < range.Count ? KeyRange.Token(range, group.First + row) : -1;
    }

    public static int Keys(FlashAttentionShape shape, SegmentShape segment, ArrayView<int> bounds, GroupQueries group) => Of(segment, bounds, group.Tile).Count;

    public static int Key(SegmentShape segment, ArrayView<int> bounds, GroupQueries group, int index) => KeyRange.Token(Of(segment, bounds, group.Tile), index);

    public static bool IsDiagonal(FlashAttentionShape shape, int block) => false;

    private static KeyRange Of(FlashAttentionShape shape, ArrayView<int> tiles, int tile) => KeyRange.Of(tiles, (long)tile * shape.TileStride, shape.Height, shape.Width, 0);

    private static KeyRange Of(SegmentShape segment, ArrayView<int> bounds, int tile) =>
        segment.BoundsStride == 0 ? KeyRange.All(segment.Height, segment.Width) : KeyRange.Of(bounds, (long)tile * segment.BoundsStride, segment.Height, segment.Width, segment.Outside);
}
