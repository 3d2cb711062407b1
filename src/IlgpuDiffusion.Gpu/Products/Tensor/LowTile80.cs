using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>32×80 sums of a warp: those of 64 columns, and 16 more.</summary>
internal struct LowTile80 : IWarpTile<LowTile80>
{
    private LowTile64 _first;
    private Block32 _last;

    public static int Rows => LowTile64.Rows;

    public static int Columns => 80;

    public static bool Streams => true;

    public static Fragments Load<T>(ArrayView<U4> shared, int a, int b)
        where T : struct, ITensorCores =>
        LowTile64.Load<T>(shared, a, b);

    public static LowTile80 Add<T>(LowTile80 sums, Fragments f, ArrayView<U4> shared, int b)
        where T : struct, ITensorCores
    {
        U4 last = T.Matrices(shared, b, 64 * GemmTile.Chunks);
        sums._first = LowTile64.Add<T>(sums._first, f, shared, b);
        sums._last = T.MultiplyAdd(shared, sums._last, f.A.V0, f.A.V1, last);
        return sums;
    }

    public static void Store(LowTile80 sums, ArrayView<F2> pairs, int at, int stride)
    {
        LowTile64.Store(sums._first, pairs, at, stride);
        Block32.Store(sums._last, pairs, at + 32, stride);
    }
}
