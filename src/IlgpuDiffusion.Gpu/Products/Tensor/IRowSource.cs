using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>Where the rows of a product's left operand come from: an item copies the same chunk of four rows, each so many rows further as a group copies at once (<see cref="GemmTile.RowsAtOnce"/>), or of two, and goes on along K.</summary>
/// <typeparam name="TState">Where an item is.</typeparam>
internal interface IRowSource<TState>
    where TState : struct
{
    /// <summary>The state at the start of K.</summary>
    /// <param name="shape">The product's sizes.</param>
    /// <param name="row">The first row.</param>
    /// <param name="chunk">The chunk.</param>
    /// <param name="atOnce">Rows at once: 32, or 64 of which two are a tile.</param>
    static abstract TState Begin(GemmShape shape, int row, int chunk, int atOnce);

    /// <summary>Copies the chunks; beyond the matrix they are zeros.</summary>
    /// <param name="shape">The product's sizes.</param>
    /// <param name="state">Where the item is.</param>
    /// <param name="bytes">The chunk's bytes that lie within K.</param>
    /// <param name="source">The operand.</param>
    /// <param name="shared">Shared memory.</param>
    /// <param name="to">The first chunk's place there.</param>
    /// <param name="atOnce">Rows at once.</param>
    static abstract void Copy<T>(GemmShape shape, TState state, int bytes, ArrayView<U4> source, ArrayView<U4> shared, int to, int atOnce)
        where T : struct, ITensorCores;

    /// <summary>The state <see cref="GemmTile.Depth"/> columns further along K.</summary>
    static abstract TState Next(GemmShape shape, TState state, int atOnce);
}
