using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>
/// The 2×2 kernels of the four quarters of a doubled picture's 3×3 convolution: under the pixels (2i, ·) the kernel's lower two rows meet the same
/// row of the small picture, under (2i + 1, ·) its upper two; columns likewise. What meets is added in single precision.
/// </summary>
internal static unsafe class TapSums
{
    private const int Side = 3;

    /// <summary>One slab of a quarter's kernel.</summary>
    /// <param name="quarter">2p + q for the pixels (2i + p, 2j + q).</param>
    /// <param name="tap">2·row + column in the 2×2 kernel.</param>
    /// <param name="slabs">The nine slabs of the 3×3 kernel, one after the other.</param>
    /// <param name="elements">Elements of a slab.</param>
    /// <param name="to">Where sums go.</param>
    /// <param name="type">The slabs' type.</param>
    /// <returns>The slab: <paramref name="to"/>, or where it lies already.</returns>
    public static float* Of(int quarter, int tap, byte* slabs, int elements, float* to, ElementType type)
    {
        (int y, int rows) = Range(quarter >> 1, tap >> 1);
        (int x, int columns) = Range(quarter & 1, tap & 1);
        if (rows * columns == 1 && type == ElementType.F32)
        {
            return (float*)slabs + (((Side * y) + x) * (nint)elements);
        }

        Write(quarter, tap, slabs, elements, elements, to, type);
        return to;
    }

    /// <summary>A part of one slab of a quarter's kernel.</summary>
    /// <param name="quarter">2p + q for the pixels (2i + p, 2j + q).</param>
    /// <param name="tap">2·row + column in the 2×2 kernel.</param>
    /// <param name="slabs">The part of the first of the nine slabs.</param>
    /// <param name="slab">Elements from one slab to the next.</param>
    /// <param name="elements">Elements of the part.</param>
    /// <param name="to">Where sums go.</param>
    /// <param name="type">The slabs' type.</param>
    public static void Write(int quarter, int tap, byte* slabs, int slab, int elements, float* to, ElementType type)
    {
        (int y, int rows) = Range(quarter >> 1, tap >> 1);
        (int x, int columns) = Range(quarter & 1, tap & 1);
        nint bytes = (nint)slab * type.Size();
        byte* a = slabs + (((Side * y) + x) * bytes), b = rows > 1 ? a + (Side * bytes) : a + bytes;
        int count = rows * columns;
        switch (Simd.Level)
        {
            case SimdLevel.Vector512:
                Add<Simd512, Vector512<float>>(to, a, b, bytes, elements, count, type);
                break;
            case SimdLevel.Vector256:
                Add<Simd256, Vector256<float>>(to, a, b, bytes, elements, count, type);
                break;
            case SimdLevel.Vector128:
                Add<Simd128, Vector128<float>>(to, a, b, bytes, elements, count, type);
                break;
            default:
                Add<SimdScalar, float>(to, a, b, bytes, elements, count, type);
                break;
        }
    }

    /// <summary>The first of the kernel's three rows, and how many, that a row of the quarter's kernel adds up.</summary>
    private static (int First, int Count) Range(int odd, int row) => (odd, row) switch
    {
        (0, 0) => (0, 1),
        (0, _) => (1, 2),
        (_, 0) => (0, 2),
        _ => (2, 1),
    };

    private static void Add<TSimd, TVector>(float* to, byte* a, byte* b, nint bytes, int elements, int count, ElementType type)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        switch (type)
        {
            case ElementType.F16:
                Add<TSimd, TVector, LoadHalf>(to, a, b, bytes, elements, count);
                break;
            case ElementType.BF16:
                Add<TSimd, TVector, LoadBFloat16>(to, a, b, bytes, elements, count);
                break;
            default:
                Add<TSimd, TVector, LoadSingle>(to, a, b, bytes, elements, count);
                break;
        }
    }

    // A slab's elements are a multiple of 32, and so of every width.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add<TSimd, TVector, TLoad>(float* to, byte* a, byte* b, nint bytes, int elements, int count)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TLoad : struct, ILoad
    {
        if (count == 1)
        {
            for (nint i = 0; i < elements; i += TSimd.Width)
            {
                TSimd.Store(to + i, TLoad.At<TSimd, TVector>(a, i));
            }
        }
        else if (count == 2)
        {
            for (nint i = 0; i < elements; i += TSimd.Width)
            {
                TSimd.Store(to + i, TSimd.Add(TLoad.At<TSimd, TVector>(a, i), TLoad.At<TSimd, TVector>(b, i)));
            }
        }
        else
        {
            for (nint i = 0; i < elements; i += TSimd.Width)
            {
                TVector above = TSimd.Add(TLoad.At<TSimd, TVector>(a, i), TLoad.At<TSimd, TVector>(a + bytes, i));
                TVector below = TSimd.Add(TLoad.At<TSimd, TVector>(b, i), TLoad.At<TSimd, TVector>(b + bytes, i));
                TSimd.Store(to + i, TSimd.Add(above, below));
            }
        }
    }

    /// <summary>How elements become single precision, as a type argument.</summary>
    private interface ILoad
    {
        static abstract TVector At<TSimd, TVector>(byte* from, nint index)
            where TSimd : struct, ISimd<TVector>
            where TVector : struct;
    }

    private readonly struct LoadSingle : ILoad
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector At<TSimd, TVector>(byte* from, nint index)
            where TSimd : struct, ISimd<TVector>
            where TVector : struct
            => TSimd.Load((float*)from + index);
    }

    private readonly struct LoadHalf : ILoad
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector At<TSimd, TVector>(byte* from, nint index)
            where TSimd : struct, ISimd<TVector>
            where TVector : struct
            => TSimd.LoadHalf((ushort*)from + index);
    }

    private readonly struct LoadBFloat16 : ILoad
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector At<TSimd, TVector>(byte* from, nint index)
            where TSimd : struct, ISimd<TVector>
            where TVector : struct
            => TSimd.LoadBFloat16((ushort*)from + index);
    }
}
