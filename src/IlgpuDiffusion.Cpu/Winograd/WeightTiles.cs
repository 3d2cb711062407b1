using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>G·w·Gᵀ of a panel's slabs.</summary>
internal static unsafe class WeightTiles
{
    /// <summary>Channels that are widened at a time, so that what lies between stays in the first-level cache.</summary>
    public const int Step = 16;

    /// <summary>Floats of room for widened weights.</summary>
    public static int WidenedFloats(int taps) => taps * Step * Panels.Columns;

    /// <summary>Transforms the slabs of one block of channels.</summary>
    /// <param name="weight">The first slab, [taps][channels][32].</param>
    /// <param name="type">Its type.</param>
    /// <param name="channels">Channels of the block.</param>
    /// <param name="to">Per position, [channels][32].</param>
    /// <param name="position">Floats from one position to the next.</param>
    /// <param name="widened">Room for <see cref="WidenedFloats"/>.</param>
    /// <param name="middle">Room for one tile's vectors.</param>
    /// <param name="quarter">For a filter of two taps, which phase's: <see cref="TapSums"/>.</param>
    public static void Transform<TFilter>(byte* weight, ElementType type, int channels, float* to, nint position, float* widened, float* middle, int quarter = 0)
        where TFilter : struct, IFilter
    {
        int taps = TFilter.Taps * TFilter.Taps, slab = channels * Panels.Columns;
        for (int channel = 0; channel < channels; channel += Step)
        {
            int count = Math.Min(channels - channel, Step) * Panels.Columns, first = channel * Panels.Columns;
            float* from = (float*)weight + first;
            nint tapStep = slab;
            if (TFilter.Taps == 2)
            {
                from = widened;
                tapStep = count;
                for (int tap = 0; tap < taps; tap++)
                {
                    TapSums.Write(quarter, tap, weight + ((nint)first * type.Size()), slab, count, widened + (tap * count), type);
                }
            }
            else if (type != ElementType.F32)
            {
                from = widened;
                tapStep = count;
                for (int tap = 0; tap < taps; tap++)
                {
                    Widening.ToSingle(widened + (tap * count), (byte*)((ushort*)weight + (tap * slab) + first), count, type);
                }
            }

            Transform<TFilter>(from, tapStep, count, to + first, position, middle);
        }
    }

    private static void Transform<TFilter>(float* from, nint tap, int count, float* to, nint position, float* middle)
        where TFilter : struct, IFilter
    {
        switch (Simd.Level)
        {
            case SimdLevel.Vector512:
                Transform<Simd512, Vector512<float>, TFilter>(from, tap, count, to, position, middle);
                break;
            case SimdLevel.Vector256:
                Transform<Simd256, Vector256<float>, TFilter>(from, tap, count, to, position, middle);
                break;
            case SimdLevel.Vector128:
                Transform<Simd128, Vector128<float>, TFilter>(from, tap, count, to, position, middle);
                break;
            default:
                Transform<SimdScalar, float, TFilter>(from, tap, count, to, position, middle);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transform<TSimd, TVector, TFilter>(float* from, nint tap, int count, float* to, nint position, float* middle)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TFilter : struct, IFilter
    {
        nint width = TSimd.Width;
        for (nint i = 0; i < count; i += TSimd.Width)
        {
            for (int x = 0; x < TFilter.Taps; x++)
            {
                TFilter.Weight<TSimd, TVector>(from + i + (x * tap), TFilter.Taps * tap, middle + (x * width), TFilter.Taps * width);
            }

            for (int y = 0; y < TFilter.Points; y++)
            {
                TFilter.Weight<TSimd, TVector>(middle + (y * TFilter.Taps * width), width, to + i + (y * TFilter.Points * position), position);
            }
        }
    }
}
