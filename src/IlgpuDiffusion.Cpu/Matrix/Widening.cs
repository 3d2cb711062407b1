using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>Widens 16-bit floats, exactly.</summary>
internal static unsafe class Widening
{
    /// <summary>Converts F16 or BF16 elements to single precision.</summary>
    public static void ToSingle(float* to, ushort* from, int count, ElementType type)
    {
        if (Simd.Level == SimdLevel.Vector512)
        {
            ToSingle<Simd512, Vector512<float>>(to, from, count, type);
        }
        else if (Simd.Level == SimdLevel.Vector256)
        {
            ToSingle<Simd256, Vector256<float>>(to, from, count, type);
        }
        else if (Simd.Level == SimdLevel.Vector128)
        {
            ToSingle<Simd128, Vector128<float>>(to, from, count, type);
        }
        else
        {
            ToSingle<SimdScalar, float>(to, from, count, type);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ToSingle<TSimd, TVector>(float* to, ushort* from, int count, ElementType type)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        nint i = 0;
        if (type == ElementType.F16)
        {
            for (; i <= count - TSimd.Width; i += TSimd.Width)
            {
                TSimd.Store(to + i, TSimd.LoadHalf(from + i));
            }

            for (; i < count; i++)
            {
                to[i] = SimdScalar.LoadHalf(from + i);
            }
        }
        else
        {
            for (; i <= count - TSimd.Width; i += TSimd.Width)
            {
                TSimd.Store(to + i, TSimd.LoadBFloat16(from + i));
            }

            for (; i < count; i++)
            {
                to[i] = SimdScalar.LoadBFloat16(from + i);
            }
        }
    }
}
