namespace IlgpuDiffusion.Gpu.Tensor;

/// <summary>Sizes of softmax(scale · Q Kᵀ) V for each image and head, the keys in one or two segments.</summary>
internal struct AttentionShape
{
    /// <summary>Queries of an image.</summary>
    public int Queries;

    /// <summary>Chunks of eight numbers of a head.</summary>
    public int Chunks;

    /// <summary>Chunks from a query to the next.</summary>
    public int StrideQ;

    /// <summary>Numbers from a result to the next.</summary>
    public int StrideO;

    /// <summary>The factor of the scores, times log2(e).</summary>
    public float Scale;

    /// <summary>The first segment.</summary>
    public SegmentShape First;

    /// <summary>The second segment; without keys if there is none.</summary>
    public SegmentShape Second;
}

/// <summary>The keys that are looked at in a segment.</summary>
internal struct SegmentShape
{
    /// <summary>Keys of an image.</summary>
    public int Tokens;

    /// <summary>The first key looked at.</summary>
    public int Begin;

    /// <summary>The key behind the last one looked at.</summary>
    public int End;

    /// <summary>Chunks from a key, and from a value, to the next.</summary>
    public int Stride;

    /// <summary>Images of queries that share an image of keys.</summary>
    public int Sharing;
}
