namespace IlgpuDiffusion.Cpu;

/// <summary>One tile of queries on its way through the keys, all of it in the executing thread's memory.</summary>
internal unsafe struct QueryTile
{
    /// <summary>Rows of the product tiles: 14 or 8, or 6 or 4 where vectors are shorter.</summary>
    public int Rows;

    /// <summary>Rows that hold queries; the others hold zeros.</summary>
    public int Queries;

    /// <summary>How many of the task's queries lie before this tile.</summary>
    public int First;

    /// <summary>The queries, scaled: [block of 128 channels][rows][128].</summary>
    public float* Q;

    /// <summary>The weighted values: [panel of 32 columns][tall rows][32]; of paired columns the sums over even and odd keys.</summary>
    public float* Sums;

    /// <summary>The largest score so far, base 2, per row.</summary>
    public float* Max;

    /// <summary>The sums of the weights, in sixteen lanes per row.</summary>
    public float* Lanes;

    /// <summary>Whether <see cref="Sums"/> holds anything yet.</summary>
    public bool Started;
}

/// <summary>The keys that a task's tiles meet next.</summary>
internal unsafe struct KeyStep
{
    /// <summary>Keys and values (see <see cref="KeyBlock"/>).</summary>
    public float* Packed;

    /// <summary>How many keys, at least 1.</summary>
    public int Count;

    /// <summary>Channels of a head.</summary>
    public int Width;

    /// <summary>With a causal mask, the number of the task's first query less that of the first key; its query i sees keys up to i + this.</summary>
    public int Diagonal;

    /// <summary>Whether there is a causal mask.</summary>
    public bool Causal;

    /// <summary>The bias of the first query and key 0, or null.</summary>
    public float* Bias;

    /// <summary>Floats from one query's bias to the next; 0 if they share it.</summary>
    public nint BiasStride;

    /// <summary>Whether each key has its own bias.</summary>
    public bool BiasPerKey;

    /// <summary>The numbers of the task's queries, from which biases are found.</summary>
    public int* QueryTokens;

    /// <summary>The keys' numbers, or null for <see cref="FirstKey"/> and those that follow.</summary>
    public int* KeyTokens;

    /// <summary>The first key's number.</summary>
    public int FirstKey;
}
