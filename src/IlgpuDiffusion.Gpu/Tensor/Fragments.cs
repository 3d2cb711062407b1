using ILGPU;

namespace IlgpuDiffusion.Gpu.Tensor;

/// <summary>What a warp holds of 16 columns of K: 64 rows of the left operand, up to 64 of the right one.</summary>
internal struct Fragments
{
    public U4 A0;
    public U4 A1;
    public U4 A2;
    public U4 A3;
    public U4 B0;
    public U4 B1;
    public U4 B2;
    public U4 B3;

    /// <summary>The 64 rows of the left operand from <paramref name="a"/> on, of a tile of <see cref="GemmTile.Chunks"/> chunks a row.</summary>
    public static Fragments Left<T>(ArrayView<U4> shared, int a)
        where T : struct, ITensorCores
    {
        Fragments f = default;
        f.A0 = T.Matrices(shared, a, 0);
        f.A1 = T.Matrices(shared, a, 16 * GemmTile.Chunks);
        f.A2 = T.Matrices(shared, a, 32 * GemmTile.Chunks);
        f.A3 = T.Matrices(shared, a, 48 * GemmTile.Chunks);
        return f;
    }
}
