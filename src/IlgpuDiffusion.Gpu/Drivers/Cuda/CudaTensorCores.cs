using ILGPU;
using ILGPU.Runtime;

namespace IlgpuDiffusion.Gpu.Cuda;

/// <summary>Tensor cores by PTX.</summary>
/// <typeparam name="TNumber">The operands' numbers.</typeparam>
internal struct CudaTensorCores<TNumber> : ITensorCores
    where TNumber : struct, INumber16
{
    public static ArrayView<U4> Shared() => SharedMemory.GetDynamic<U4>().AsAligned(128);

    public static void Start(ArrayView<U4> shared)
    {
    }

    public static void Copy(ArrayView<U4> shared, int to, int further, ArrayView<U4> source, int from, int bytes) => Ptx.Copy(ref shared[to], ref source[from], bytes, further * 16);

    public static void EndBatch(ArrayView<U4> shared) => Ptx.EndBatch();

    public static void AwaitAllButOne(ArrayView<U4> shared) => Ptx.AwaitAllButOne();

    public static void AwaitAll(ArrayView<U4> shared) => Ptx.AwaitAll();

    public static U4 Matrices(ArrayView<U4> shared, int chunk, int further) => Ptx.Matrices(ref shared[chunk], further * 16);

    public static Quad FourMatrices(ArrayView<U4> shared, int chunk, int further, int step) => new()
    {
        V0 = Ptx.Matrices(ref shared[chunk], further * 16),
        V1 = Ptx.Matrices(ref shared[chunk], (further + step) * 16),
        V2 = Ptx.Matrices(ref shared[chunk], (further + (2 * step)) * 16),
        V3 = Ptx.Matrices(ref shared[chunk], (further + (3 * step)) * 16),
    };

    public static Quad FourTransposed(ArrayView<U4> shared, int chunk, int further, int step) => new()
    {
        V0 = Ptx.Transposed(ref shared[chunk], further * 16),
        V1 = Ptx.Transposed(ref shared[chunk], (further + step) * 16),
        V2 = Ptx.Transposed(ref shared[chunk], (further + (2 * step)) * 16),
        V3 = Ptx.Transposed(ref shared[chunk], (further + (3 * step)) * 16),
    };

    public static Row64 MultiplyAdd(ArrayView<U4> shared, Row64 c, U4 a, Quad b)
    {
        c.C0 = Product(c.C0, a, b.V0.X, b.V0.Y);
        c.C1 = Product(c.C1, a, b.V0.Z, b.V0.W);
        c.C2 = Product(c.C2, a, b.V1.X, b.V1.Y);
        c.C3 = Product(c.C3, a, b.V1.Z, b.V1.W);
        c.C4 = Product(c.C4, a, b.V2.X, b.V2.Y);
        c.C5 = Product(c.C5, a, b.V2.Z, b.V2.W);
        c.C6 = Product(c.C6, a, b.V3.X, b.V3.Y);
        c.C7 = Product(c.C7, a, b.V3.Z, b.V3.W);
        return c;
    }

    public static Columns16 MultiplyAdd(ArrayView<U4> shared, Columns16 c, Quad a, U4 b)
    {
        c.Upper = MultiplyAdd(shared, c.Upper, a.V0, a.V1, b);
        c.Lower = MultiplyAdd(shared, c.Lower, a.V2, a.V3, b);
        return c;
    }

    public static Block32 MultiplyAdd(ArrayView<U4> shared, Block32 c, U4 upper, U4 lower, U4 b)
    {
        c.R00 = Product(c.R00, upper, b.X, b.Y);
        c.R01 = Product(c.R01, upper, b.Z, b.W);
        c.R10 = Product(c.R10, lower, b.X, b.Y);
        c.R11 = Product(c.R11, lower, b.Z, b.W);
        return c;
    }

    public static Slice MultiplyAdd(ArrayView<U4> shared, Slice c, Quad a, Quad b)
    {
        c.C0 = Product(c.C0, a.V0, b.V0.X, b.V0.Y);
        c.C1 = Product(c.C1, a.V0, b.V0.Z, b.V0.W);
        c.C0 = Product(c.C0, a.V1, b.V1.X, b.V1.Y);
        c.C1 = Product(c.C1, a.V1, b.V1.Z, b.V1.W);
        c.C0 = Product(c.C0, a.V2, b.V2.X, b.V2.Y);
        c.C1 = Product(c.C1, a.V2, b.V2.Z, b.V2.W);
        c.C0 = Product(c.C0, a.V3, b.V3.X, b.V3.Y);
        c.C1 = Product(c.C1, a.V3, b.V3.Z, b.V3.W);
        return c;
    }

    public static uint Pack(float low, float high) => TNumber.IsBFloat ? Ptx.PackBFloat(low, high) : Ptx.PackHalf(low, high);

    public static float Exp2(float x) => Ptx.Exp2(x);

    public static float Reciprocal(float x) => Ptx.Reciprocal(x);

    private static F4 Product(F4 c, U4 a, uint b0, uint b1) => TNumber.IsBFloat ? Ptx.MultiplyAddBFloat(c, a, b0, b1) : Ptx.MultiplyAddHalf(c, a, b0, b1);
}
