namespace IlgpuDiffusion.Gpu;

/// <summary>Sizes of an attention over one segment of keys. Strides count elements.</summary>
internal struct AttentionShape
{
    /// <summary>Images.</summary>
    public int Batch;

    /// <summary>Heads.</summary>
    public int Heads;

    /// <summary>Channels of a head.</summary>
    public int Depth;

    /// <summary>Queries of an image.</summary>
    public int Queries;

    /// <summary>The queries' grid.</summary>
    public int QueryHeight;

    /// <inheritdoc cref="QueryHeight"/>
    public int QueryWidth;

    /// <summary>The keys' grid.</summary>
    public int KeyHeight;

    /// <inheritdoc cref="KeyHeight"/>
    public int KeyWidth;

    /// <summary>Images that share keys.</summary>
    public int ImagesPerKeys;

    /// <summary>From one query to the next.</summary>
    public int QueryStride;

    /// <summary>From one key to the next.</summary>
    public int KeyStride;

    /// <summary>From one value to the next.</summary>
    public int ValueStride;

    /// <summary>From one result to the next.</summary>
    public int ResultStride;

    /// <summary>From one query's weighted values so far to the next.</summary>
    public int SumStride;

    /// <summary>Where the softmax's state begins behind them.</summary>
    public long State;

    /// <summary>The factor of the scores, times log₂e.</summary>
    public float Scale;

    /// <summary>Whether query i sees keys 0..i.</summary>
    public int Causal;

    /// <summary>Tiles of the queries; 0 if there are none.</summary>
    public int Tiles;

    /// <summary>From one tile to the next.</summary>
    public int TileStride;

    /// <summary>Whether each tile has bounds, from one of them to the next; 0 if not.</summary>
    public int BoundsStride;

    /// <summary>Whether a tile sees what lies outside its bounds.</summary>
    public int Outside;

    /// <summary>Images that share a bias; 0 if there is none.</summary>
    public int ImagesPerBias;

    /// <summary>From one row, head, query and key of the bias to the next; 0 where it is the same for all.</summary>
    public int BiasRow;

    /// <inheritdoc cref="BiasRow"/>
    public int BiasHead;

    /// <inheritdoc cref="BiasRow"/>
    public int BiasQuery;

    /// <inheritdoc cref="BiasRow"/>
    public int BiasKey;

    /// <summary>Whether these are the first keys, and whether the last.</summary>
    public int First;

    /// <inheritdoc cref="First"/>
    public int Last;
}
