using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>64×64 sums of a warp: 128 registers a lane, and two times 32 for the operands.</summary>
internal struct WarpTile64 : IWarpTile<WarpTile64>
{
    private Row64 _r0;
    private Row64 _r1;
    private Row64 _r2;
    private Row64 _r3;

    public static int Rows => 64;

    public static int Columns => 64;

    public static bool Streams => false;

    public static Fragments Load<T>(ArrayView<U4> shared, int a, int b)
        where T : struct, ITensorCores
    {
        Fragments f = default;
        f.A = T.FourMatrices(shared, a, 0, 16 * GemmTile.Chunks);
        f.B = T.FourMatrices(shared, b, 0, 16 * GemmTile.Chunks);
        return f;
    }

    public static WarpTile64 Add<T>(WarpTile64 sums, Fragments f, ArrayView<U4> shared, int b)
        where T : struct, ITensorCores
    {
        sums._r0 = T.MultiplyAdd(shared, sums._r0, f.A.V0, f.B);
        sums._r1 = T.MultiplyAdd(shared, sums._r1, f.A.V1, f.B);
        sums._r2 = T.MultiplyAdd(shared, sums._r2, f.A.V2, f.B);
        sums._r3 = T.MultiplyAdd(shared, sums._r3, f.A.V3, f.B);
        return sums;
    }

    public static void Store(WarpTile64 sums, ArrayView<F2> pairs, int at, int stride)
    {
        Row64.Store(sums._r0, pairs, at, stride);
        Row64.Store(sums._r1, pairs, at + (16 * stride), stride);
        Row64.Store(sums._r2, pairs, at + (32 * stride), stride);
        Row64.Store(sums._r3, pairs, at + (48 * stride), stride);
    }
}
