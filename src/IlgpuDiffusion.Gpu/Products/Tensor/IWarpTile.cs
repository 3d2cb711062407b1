using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>The sums that a warp holds: of 64 or 32 rows and a number of columns.</summary>
/// <typeparam name="TSelf">The sums.</typeparam>
internal interface IWarpTile<TSelf>
    where TSelf : struct, IWarpTile<TSelf>
{
    /// <summary>The number of rows.</summary>
    static abstract int Rows { get; }

    /// <summary>The number of columns.</summary>
    static abstract int Columns { get; }

    /// <summary>Whether <see cref="Add"/> reads the right operand from shared memory itself, registers being too few to hold it twice.</summary>
    static abstract bool Streams { get; }

    /// <summary>Reads 16 columns of K: the left operand's rows from chunk <paramref name="a"/> on, the right one's from <paramref name="b"/> on.</summary>
    static abstract Fragments Load<T>(ArrayView<U4> shared, int a, int b)
        where T : struct, ITensorCores;

    /// <summary>Adds the product over the 16 columns.</summary>
    static abstract TSelf Add<T>(TSelf sums, Fragments f, ArrayView<U4> shared, int b)
        where T : struct, ITensorCores;

    /// <summary>Writes a lane's sums as pairs: its first to <paramref name="at"/>, rows <paramref name="stride"/> pairs apart.</summary>
    static abstract void Store(TSelf sums, ArrayView<F2> pairs, int at, int stride);
}
