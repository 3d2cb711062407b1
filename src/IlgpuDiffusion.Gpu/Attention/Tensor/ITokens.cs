using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>Which queries a group takes, and which keys they look at.</summary>
internal interface ITokens
{
    /// <summary>Whether a block's keys, and a group's queries, follow each other in memory.</summary>
    static abstract bool AreInOrder { get; }

    /// <summary>What this group takes.</summary>
    static abstract GroupQueries Find(FlashAttentionShape shape, ArrayView<int> tiles);

    /// <summary>The number in the image of a group's query, or −1 behind the last one.</summary>
    static abstract int Query(FlashAttentionShape shape, ArrayView<int> tiles, GroupQueries group, int row);

    /// <summary>How many keys of a segment the group's queries look at.</summary>
    static abstract int Keys(FlashAttentionShape shape, SegmentShape segment, ArrayView<int> bounds, GroupQueries group);

    /// <summary>The number in the image of one of these keys; anything for one behind the last.</summary>
    static abstract int Key(SegmentShape segment, ArrayView<int> bounds, GroupQueries group, int index);

    /// <summary>Whether a group's queries see different keys of a block: each those up to its own number.</summary>
    static abstract bool IsDiagonal(FlashAttentionShape shape, int block);
}

/// <summary>A group's queries: those of a tile from one on.</summary>
internal struct GroupQueries
{
    /// <summary>The tile.</summary>
    public int Tile;

    /// <summary>The first query in it; −1 if the group has none.</summary>
    public int First;
}

/// <summary>Queries and keys as they lie; with a causal mask, a query sees the keys up to its own number.</summary>
internal struct TokensInOrder : ITokens
{
    public static bool AreInOrder => true;

    public static GroupQueries Find(FlashAttentionShape shape, ArrayView<int> tiles) => new() { First = Grid.IdxX * HeadTile.Rows };

    public static int Query(FlashAttentionShape shape, ArrayView<int> tiles, GroupQueries group, int row) =>
        group.First + row < shape.Queries ? group.First + row : -1;

    public static int Keys(FlashAttentionShape shape, SegmentShape segment, ArrayView<int> bounds, GroupQueries group) =>
        shape.Causal != 0 ? Math.Min(segment.Tokens, group.First + HeadTile.Rows) : segment.Tokens;

    public static int Key(SegmentShape segment, ArrayView<int> bounds, GroupQueries group, int index) => index;

    public static bool IsDiagonal(FlashAttentionShape shape, int block) => shape.Causal != 0 && block == Grid.IdxX;
}
