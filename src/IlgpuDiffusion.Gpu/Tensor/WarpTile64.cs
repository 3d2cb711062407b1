using ILGPU;

namespace IlgpuDiffusion.Gpu.Tensor;

/// <summary>64×64 sums of a warp: 128 registers a lane, and two times 32 for the operands.</summary>
internal struct WarpTile64 : IWarpTile<WarpTile64>
{
    private Row64 _r0;
    private Row64 _r1;
    private Row64 _r2;
    private Row64 _r3;

    public static int Columns => 64;

    public static bool Streams => false;

    public static Fragments Load<T>(ArrayView<U4> shared, int a, int b)
        where T : struct, ITensorCores
    {
        Fragments f = Fragments.Left<T>(shared, a);
        f.B0 = T.Matrices(shared, b, 0);
        f.B1 = T.Matrices(shared, b, 16 * GemmTile.Chunks);
        f.B2 = T.Matrices(shared, b, 32 * GemmTile.Chunks);
        f.B3 = T.Matrices(shared, b, 48 * GemmTile.Chunks);
        return f;
    }

    public static WarpTile64 Add<T>(WarpTile64 sums, Fragments f, ArrayView<U4> shared, int b)
        where T : struct, ITensorCores
    {
        sums._r0 = Row64.Add<T>(sums._r0, f.A0, f.B0, f.B1, f.B2, f.B3);
        sums._r1 = Row64.Add<T>(sums._r1, f.A1, f.B0, f.B1, f.B2, f.B3);
        sums._r2 = Row64.Add<T>(sums._r2, f.A2, f.B0, f.B1, f.B2, f.B3);
        sums._r3 = Row64.Add<T>(sums._r3, f.A3, f.B0, f.B1, f.B2, f.B3);
        return sums;
    }

    public static void Store(WarpTile64 sums, ArrayView<F2> pairs, int at, int stride)
    {
        Row64.Store(sums._r0, pairs, at, 8 * stride);
        Row64.Store(sums._r1, pairs, at + (16 * stride), 8 * stride);
        Row64.Store(sums._r2, pairs, at + (32 * stride), 8 * stride);
        Row64.Store(sums._r3, pairs, at + (48 * stride), 8 * stride);
    }
}
