using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>A head's results of 16 queries of a warp, in slices of 16 columns, and what is done slice by slice; written out by composition.</summary>
/// <typeparam name="TSelf">The results.</typeparam>
internal interface IHead<TSelf>
    where TSelf : struct, IHead<TSelf>
{
    /// <summary>The number of slices.</summary>
    static abstract int Slices { get; }

    /// <summary>Copies an item's chunk of each slice of a row.</summary>
    /// <param name="place">Where it lies in shared memory.</param>
    /// <param name="slice">This head's first slice in the whole.</param>
    /// <param name="chunks">Chunks that the row has.</param>
    /// <param name="bytes">16, or 0 for a row of zeros.</param>
    /// <param name="source">The rows.</param>
    /// <param name="from">The row's first chunk.</param>
    /// <param name="shared">Shared memory.</param>
    static abstract void CopyRow<T>(ArrayView<U4> shared, LanePlace place, int slice, int chunks, int bytes, ArrayView<U4> source, int from)
        where T : struct, ITensorCores;

    /// <summary>Copies an item's chunks of 64 rows that follow each other in memory, neighbouring items neighbouring chunks.</summary>
    /// <param name="shared">Shared memory.</param>
    /// <param name="to">The first row's place.</param>
    /// <param name="slices">Slices of a whole row.</param>
    /// <param name="slice">This head's first slice in the whole.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="source">Where they lie.</param>
    static abstract void CopyRows<T>(ArrayView<U4> shared, int to, int slices, int slice, CopiedRows rows, ArrayView<U4> source)
        where T : struct, ITensorCores;

    /// <summary>Adds queries times keys.</summary>
    static abstract Row64 Scores<T>(Row64 scores, ArrayView<U4> shared, LanePlace queries, LanePlace keys, int step, int slice)
        where T : struct, ITensorCores;

    /// <summary>Adds weights times values.</summary>
    static abstract TSelf Add<T>(TSelf sums, Quad weights, ArrayView<U4> shared, LanePlace values, int step, int slice)
        where T : struct, ITensorCores;

    /// <summary>Multiplies a lane's two rows.</summary>
    static abstract TSelf Times(TSelf sums, float upper, float lower);

    /// <summary>Writes a lane's columns of the two rows; a row of −1 is none.</summary>
    static abstract void Store<T, TOutput>(TSelf sums, ArrayView<uint> result, long upper, long lower, int slice, int chunks)
        where T : struct, ITensorCores
        where TOutput : struct, IOutputFormat;
}

/// <summary>Where a lane's row lies in shared memory.</summary>
internal struct LanePlace
{
    /// <summary>The row's first chunk.</summary>
    public int Row;

    /// <summary>The lane's chunk in a slice.</summary>
    public int Chunk;

    /// <summary>What chunk numbers are turned by.</summary>
    public int Turn;

    /// <summary>The lane's chunk of a slice.</summary>
    public readonly int Of(int slice) => Row + (((2 * slice) + Chunk) ^ Turn);
}
