using IlgpuDiffusion.Gpu.Tensor;
using ILGPU;
using ILGPU.Runtime;

namespace IlgpuDiffusion.Gpu.Cuda;

/// <summary>Tensor cores by PTX.</summary>
/// <typeparam name="TNumber">The operands' numbers.</typeparam>
internal struct CudaTensorCores<TNumber> : ITensorCores
    where TNumber : struct, INumber16
{
    public static void Start()
    {
    }

    public static ArrayView<U4> Shared() => SharedMemory.GetDynamic<U4>().AsAligned(128);

    public static ArrayView<F2> SharedPairs() => SharedMemory.GetDynamic<F2>().AsAligned(128);

    public static ArrayView<F4> SharedFours() => SharedMemory.GetDynamic<F4>().AsAligned(128);

    public static void Copy(ArrayView<U4> shared, int to, int further, ArrayView<U4> source, int from, int bytes) => Ptx.Copy(ref shared[to], ref source[from], bytes, further * 16);

    public static void EndBatch() => Ptx.EndBatch();

    public static void AwaitAllButOne() => Ptx.AwaitAllButOne();

    public static void AwaitAll() => Ptx.AwaitAll();

    public static U4 Matrices(ArrayView<U4> shared, int chunk, int further) => Ptx.Matrices(ref shared[chunk], further * 16);

    public static U4 Transposed(ArrayView<U4> shared, int chunk, int further) => Ptx.Transposed(ref shared[chunk], further * 16);

    public static F4 MultiplyAdd(F4 c, U4 a, uint b0, uint b1) => TNumber.IsBFloat ? Ptx.MultiplyAddBFloat(c, a, b0, b1) : Ptx.MultiplyAddHalf(c, a, b0, b1);

    public static uint Pack(float low, float high) => TNumber.IsBFloat ? Ptx.PackBFloat(low, high) : Ptx.PackHalf(low, high);

    public static float Exp2(float x) => Ptx.Exp2(x);

    public static float Reciprocal(float x) => Ptx.Reciprocal(x);
}
