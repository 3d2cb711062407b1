using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>A head's queries and results, of 16 queries of a warp, in slices of 16 columns, and what is done slice by slice; written out by composition.</summary>
/// <typeparam name="TSelf">Queries and results.</typeparam>
internal interface IHead<TSelf>
    where TSelf : struct, IHead<TSelf>
{
    /// <summary>The number of slices.</summary>
    static abstract int Slices { get; }

    /// <summary>Copies an item's chunk of each slice of a row.</summary>
    /// <param name="shared">Shared memory.</param>
    /// <param name="place">Where it lies there.</param>
    /// <param name="slices">Slices of a whole row.</param>
    /// <param name="slice">This head's first slice in the whole.</param>
    /// <param name="chunks">Chunks that the row has from the item's first one on; none for a row of zeros.</param>
    /// <param name="source">The rows.</param>
    /// <param name="from">The item's first chunk in the row.</param>
    static abstract void CopyRow<T>(ArrayView<U4> shared, LanePlace place, int slices, int slice, int chunks, ArrayView<U4> source, int from)
        where T : struct, ITensorCores;

    /// <summary>Copies an item's chunks of 64 rows that follow each other in memory, neighbouring items neighbouring chunks.</summary>
    /// <param name="shared">Shared memory.</param>
    /// <param name="to">The first row's place.</param>
    /// <param name="slices">Slices of a whole row.</param>
    /// <param name="slice">This head's first slice in the whole.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="both">Whether there are values too.</param>
    static abstract void CopyRows<T>(ArrayView<U4> shared, int to, int slices, int slice, CopiedRows rows, bool both)
        where T : struct, ITensorCores;

    /// <summary>Reads the queries, which then stay in registers; results are 0.</summary>
    static abstract TSelf Load<T>(ArrayView<U4> shared, LanePlace queries, int slices, int slice)
        where T : struct, ITensorCores;

    /// <summary>Adds queries times keys.</summary>
    static abstract Row64 Scores<T>(Row64 scores, TSelf head, ArrayView<U4> shared, LanePlace keys, int slices, int slice)
        where T : struct, ITensorCores;

    /// <summary>Adds weights times values.</summary>
    static abstract TSelf Add<T>(TSelf head, Quad weights, ArrayView<U4> shared, LanePlace values, int slices, int slice)
        where T : struct, ITensorCores;

    /// <summary>Multiplies a lane's two rows of results.</summary>
    static abstract TSelf Times(TSelf head, float upper, float lower);

    /// <summary>Writes a lane's columns of the two rows; a row of −1 is none.</summary>
    static abstract void Store<T, TOutput>(TSelf head, ArrayView<uint> result, long upper, long lower, int slice, int chunks)
        where T : struct, ITensorCores
        where TOutput : struct, IOutputFormat;
}
