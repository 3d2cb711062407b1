namespace IlgpuDiffusion.Gpu;

/// <summary>Sizes of softmax(scale · Q Kᵀ) V for each image and head, the keys in one or two segments.</summary>
internal struct FlashAttentionShape
{
    /// <summary>Queries of an image.</summary>
    public int Queries;

    /// <summary>Rows of the queries' grid.</summary>
    public int Height;

    /// <summary>Columns of the queries' grid.</summary>
    public int Width;

    /// <summary>Chunks of eight numbers of a head.</summary>
    public int Chunks;

    /// <summary>Chunks from a query to the next.</summary>
    public int StrideQ;

    /// <summary>Numbers from a result to the next.</summary>
    public int StrideO;

    /// <summary>The factor of the scores, times log2(e).</summary>
    public float Scale;

    /// <summary>1 if a query sees the keys up to its own number only.</summary>
    public int Causal;

    /// <summary>Tiles of the queries.</summary>
    public int Tiles;

    /// <summary>Numbers from a tile to the next.</summary>
    public int TileStride;

    /// <summary>The first segment.</summary>
    public SegmentShape First;

    /// <summary>The second segment; without keys if there is none.</summary>
    public SegmentShape Second;
}

/// <summary>A segment's keys and values.</summary>
internal struct SegmentShape
{
    /// <summary>Rows of the keys' grid.</summary>
    public int Height;

    /// <summary>Columns of the keys' grid.</summary>
    public int Width;

    /// <summary>Keys of an image.</summary>
    public int Tokens;

    /// <summary>Chunks from a key to the next.</summary>
    public int StrideK;

    /// <summary>Chunks from a value to the next.</summary>
    public int StrideV;

    /// <summary>Images of queries that share an image of keys.</summary>
    public int Sharing;

    /// <summary>Numbers from a tile's bounds to the next; 0 if there are none.</summary>
    public int BoundsStride;

    /// <summary>1 if a tile sees what lies outside its bounds.</summary>
    public int Outside;
}
