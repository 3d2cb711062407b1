using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>32×64 sums of a warp, of which there are eight in a group: 64 registers a lane; of the right operand it holds 16 columns and reads the next 16 ahead.</summary>
internal struct LowTile64 : IWarpTile<LowTile64>
{
    private const int Next = 16 * GemmTile.Chunks;

    private Block32 _c0;
    private Block32 _c1;
    private Block32 _c2;
    private Block32 _c3;

    public static int Rows => 32;

    public static int Columns => 64;

    public static bool Streams => true;

    public static Fragments Load<T>(ArrayView<U4> shared, int a, int b)
        where T : struct, ITensorCores
    {
        Fragments f = default;
        f.A.V0 = T.Matrices(shared, a, 0);
        f.A.V1 = T.Matrices(shared, a, Next);
        f.B.V0 = T.Matrices(shared, b, 0);
        return f;
    }

    public static LowTile64 Add<T>(LowTile64 sums, Fragments f, ArrayView<U4> shared, int b)
        where T : struct, ITensorCores
    {
        U4 b1 = T.Matrices(shared, b, Next);
        sums._c0 = T.MultiplyAdd(shared, sums._c0, f.A.V0, f.A.V1, f.B.V0);
        U4 b2 = T.Matrices(shared, b, 2 * Next);
        sums._c1 = T.MultiplyAdd(shared, sums._c1, f.A.V0, f.A.V1, b1);
        U4 b3 = T.Matrices(shared, b, 3 * Next);
        sums._c2 = T.MultiplyAdd(shared, sums._c2, f.A.V0, f.A.V1, b2);
        sums._c3 = T.MultiplyAdd(shared, sums._c3, f.A.V0, f.A.V1, b3);
        return sums;
    }

    public static void Store(LowTile64 sums, ArrayView<F2> pairs, int at, int stride)
    {
        Block32.Store(sums._c0, pairs, at, stride);
        Block32.Store(sums._c1, pairs, at + 8, stride);
        Block32.Store(sums._c2, pairs, at + 16, stride);
        Block32.Store(sums._c3, pairs, at + 24, stride);
    }
}
