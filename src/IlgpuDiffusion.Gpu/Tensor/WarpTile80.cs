using ILGPU;

namespace IlgpuDiffusion.Gpu.Tensor;

/// <summary>64×80 sums of a warp: 160 registers a lane; of the right operand it holds 16 columns and reads the next 16 ahead.</summary>
internal struct WarpTile80 : IWarpTile<WarpTile80>
{
    private const int Next = 16 * GemmTile.Chunks;

    private Columns16 _c0;
    private Columns16 _c1;
    private Columns16 _c2;
    private Columns16 _c3;
    private Columns16 _c4;

    public static int Columns => 80;

    public static bool Streams => true;

    public static Fragments Load<T>(ArrayView<U4> shared, int a, int b)
        where T : struct, ITensorCores
    {
        Fragments f = Fragments.Left<T>(shared, a);
        f.B0 = T.Matrices(shared, b, 0);
        return f;
    }

    public static WarpTile80 Add<T>(WarpTile80 sums, Fragments f, ArrayView<U4> shared, int b)
        where T : struct, ITensorCores
    {
        U4 b1 = T.Matrices(shared, b, Next);
        sums._c0 = Columns16.Add<T>(sums._c0, f, f.B0);
        U4 b2 = T.Matrices(shared, b, 2 * Next);
        sums._c1 = Columns16.Add<T>(sums._c1, f, b1);
        U4 b3 = T.Matrices(shared, b, 3 * Next);
        sums._c2 = Columns16.Add<T>(sums._c2, f, b2);
        U4 b4 = T.Matrices(shared, b, 4 * Next);
        sums._c3 = Columns16.Add<T>(sums._c3, f, b3);
        sums._c4 = Columns16.Add<T>(sums._c4, f, b4);
        return sums;
    }

    public static void Store(WarpTile80 sums, ArrayView<F2> pairs, int at, int stride)
    {
        Columns16.Store(sums._c0, pairs, at, stride);
        Columns16.Store(sums._c1, pairs, at + 8, stride);
        Columns16.Store(sums._c2, pairs, at + 16, stride);
        Columns16.Store(sums._c3, pairs, at + 24, stride);
        Columns16.Store(sums._c4, pairs, at + 32, stride);
    }

    private struct Columns16
    {
        private Pair _r0;
        private Pair _r1;
        private Pair _r2;
        private Pair _r3;

        public static Columns16 Add<T>(Columns16 c, Fragments f, U4 b)
            where T : struct, ITensorCores
        {
            c._r0 = Pair.Add<T>(c._r0, f.A0, b);
            c._r1 = Pair.Add<T>(c._r1, f.A1, b);
            c._r2 = Pair.Add<T>(c._r2, f.A2, b);
            c._r3 = Pair.Add<T>(c._r3, f.A3, b);
            return c;
        }

        public static void Store(Columns16 c, ArrayView<F2> pairs, int at, int stride)
        {
            Pair.Store(c._r0, pairs, at, 8 * stride);
            Pair.Store(c._r1, pairs, at + (16 * stride), 8 * stride);
            Pair.Store(c._r2, pairs, at + (32 * stride), 8 * stride);
            Pair.Store(c._r3, pairs, at + (48 * stride), 8 * stride);
        }
    }
}
