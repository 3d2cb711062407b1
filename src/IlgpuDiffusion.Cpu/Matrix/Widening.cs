using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>Widens floats of 16 and 8 bits, exactly.</summary>
internal static unsafe class Widening
{
    // Bytes that are halves before they are singles.
    private const int Piece = 512;

    // What makes an E4M3's bits in a half's places the number: its exponent is counted from 7, a half's from 15.
    private const float OfE4M3 = 256;

    /// <summary>Converts F16, BF16, F8E4M3 (but its NaN) or F8E5M2 elements to single precision.</summary>
    public static void ToSingle(float* to, byte* from, int count, ElementType type)
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

    [SkipLocalsInit]
    private static void ToSingle<TSimd, TVector>(float* to, byte* from, int count, ElementType type)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        if (!type.IsByteFloat())
        {
            Halves<TSimd, TVector>(to, (ushort*)from, count, type, 1);
            return;
        }

        ushort* halves = stackalloc ushort[Piece];
        for (int start = 0; start < count; start += Piece)
        {
            int part = Math.Min(Piece, count - start);
            Bytes(from + start, halves, part, type);
            Halves<TSimd, TVector>(to + start, halves, part, ElementType.F16, type == ElementType.F8E4M3 ? OfE4M3 : 1);
        }
    }

    // A byte's sign, exponent and mantissa in the places of a half's.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Bytes(byte* from, ushort* to, int count, ElementType type)
    {
        int shift = type == ElementType.F8E4M3 ? 1 : 0;
        int i = 0;
        for (; i <= count - Vector128<byte>.Count; i += Vector128<byte>.Count)
        {
            (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(Vector128.Load(from + i));
            Placed(low, shift).Store(to + i);
            Placed(high, shift).Store(to + i + Vector128<ushort>.Count);
        }

        for (; i < count; i++)
        {
            to[i] = (ushort)(((from[i] & 0x80) << 8) | ((from[i] & 0x7F) << (8 - shift)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Placed(Vector128<ushort> bits, int shift) =>
        ((bits & Vector128.Create((ushort)0x80)) << 8) | ((bits & Vector128.Create((ushort)0x7F)) << (8 - shift));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Halves<TSimd, TVector>(float* to, ushort* from, int count, ElementType type, float factor)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        nint i = 0;
        if (factor != 1)
        {
            TVector all = TSimd.Create(factor);
            for (; i <= count - TSimd.Width; i += TSimd.Width)
            {
                TSimd.Store(to + i, TSimd.Multiply(TSimd.LoadHalf(from + i), all));
            }

            for (; i < count; i++)
            {
                to[i] = SimdScalar.LoadHalf(from + i) * factor;
            }
        }
        else if (type == ElementType.F16)
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
