using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace IlgpuDiffusion.Cpu;

/// <summary>Rows on their way into an attention and out of it.</summary>
internal static unsafe class AttentionRows
{
    /// <summary>to = from · scale; zeros where scale is 0, whatever was there.</summary>
    public static void Scale(float* to, float* from, int count, float scale)
    {
        if (scale == 0)
        {
            new Span<float>(to, count).Clear();
            return;
        }

        switch (Simd.Level)
        {
            case SimdLevel.Vector512:
                Scale<Simd512, Vector512<float>>(to, from, count, scale);
                break;
            case SimdLevel.Vector256:
                Scale<Simd256, Vector256<float>>(to, from, count, scale);
                break;
            case SimdLevel.Vector128:
                Scale<Simd128, Vector128<float>>(to, from, count, scale);
                break;
            default:
                Scale<SimdScalar, float>(to, from, count, scale);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale<TSimd, TVector>(float* to, float* from, nint count, float scale)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector factor = TSimd.Create(scale);
        nint i = 0;
        for (; i <= count - TSimd.Width; i += TSimd.Width)
        {
            TSimd.Store(to + i, TSimd.Multiply(TSimd.Load(from + i), factor));
        }

        for (; i < count; i++)
        {
            to[i] = from[i] * scale;
        }
    }
}
