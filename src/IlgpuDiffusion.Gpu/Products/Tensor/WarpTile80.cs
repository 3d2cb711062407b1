using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>64×80 sums of a warp: 160 registers a lane; of the right operand it holds 16 columns and reads the next 16 ahead.</summary>
internal struct WarpTile80 : IWarpTile<WarpTile80>
{
    private const int Next = 16 * GemmTile.Chunks;

    private Columns16 _c0;
    private Columns16 _c1;
    private Columns16 _c2;
    private Columns16 _c3;
    private Columns16 _c4;

    public static int Rows => 64;

    public static int Columns => 80;

    public static bool Streams => true;

    public static Fragments Load<T>(ArrayView<U4> shared, int a, int b)
        where T : struct, ITensorCores
    {
        Fragments f = default;
        f.A = T.FourMatrices(shared, a, 0, Next);
        f.B.V0 = T.Matrices(shared, b, 0);
        return f;
    }

    public static WarpTile80 Add<T>(WarpTile80 sums, Fragments f, ArrayView<U4> shared, int b)
        where T : struct, ITensorCores
    {
        U4 b1 = T.Matrices(shared, b, Next);
        sums._c0 = T.MultiplyAdd(shared, sums._c0, f.A, f.B.V0);
        U4 b2 = T.Matrices(shared, b, 2 * Next);
        sums._c1 = T.MultiplyAdd(shared, sums._c1, f.A, b1);
        U4 b3 = T.Matrices(shared, b, 3 * Next);
        sums._c2 = T.MultiplyAdd(shared, sums._c2, f.A, b2);
        U4 b4 = T.Matrices(shared, b, 4 * Next);
        sums._c3 = T.MultiplyAdd(shared, sums._c3, f.A, b3);
        sums._c4 = T.MultiplyAdd(shared, sums._c4, f.A, b4);
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
}
