using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace IlgpuDiffusion.Cpu;

/// <summary>Bᵀ·d·B of neighbouring tiles.</summary>
internal static unsafe class InputTiles
{
    /// <summary>Transforms one line of tiles, vectors along the channels.</summary>
    /// <param name="strip">The first pixel of the first tile; pixels of a line are <see cref="Panels.KBlock"/> floats apart.</param>
    /// <param name="line">Floats from one line of pixels to the next.</param>
    /// <param name="to">The first tile's row at the first position; rows are <see cref="Panels.KBlock"/> floats apart.</param>
    /// <param name="position">Floats from one position to the next.</param>
    /// <param name="tiles">Tiles.</param>
    /// <param name="channels">Channels, at most <see cref="Panels.KBlock"/>.</param>
    /// <param name="middle">Room for one tile's vectors.</param>
    public static void Transform<TFilter>(float* strip, nint line, float* to, nint position, int tiles, int channels, float* middle)
        where TFilter : struct, IFilter
    {
        switch (Simd.Level)
        {
            case SimdLevel.Vector512:
                Transform<Simd512, Vector512<float>, TFilter>(strip, line, to, position, tiles, channels, middle);
                break;
            case SimdLevel.Vector256:
                Transform<Simd256, Vector256<float>, TFilter>(strip, line, to, position, tiles, channels, middle);
                break;
            case SimdLevel.Vector128:
                Transform<Simd128, Vector128<float>, TFilter>(strip, line, to, position, tiles, channels, middle);
                break;
            default:
                Transform<SimdScalar, float, TFilter>(strip, line, to, position, tiles, channels, middle);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transform<TSimd, TVector, TFilter>(float* strip, nint line, float* to, nint position, int tiles, int channels, float* middle)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TFilter : struct, IFilter
    {
        for (int tile = 0; tile < tiles; tile++, strip += TFilter.Outputs * Panels.KBlock, to += Panels.KBlock)
        {
            nint c = 0;
            for (; c <= channels - TSimd.Width; c += TSimd.Width)
            {
                Tile<TSimd, TVector, TFilter>(strip + c, line, to + c, position, middle);
            }

            for (; c < channels; c++)
            {
                Tile<SimdScalar, float, TFilter>(strip + c, line, to + c, position, middle);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile<TSimd, TVector, TFilter>(float* strip, nint line, float* to, nint position, float* middle)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TFilter : struct, IFilter
    {
        nint width = TSimd.Width;
        for (int x = 0; x < TFilter.Points; x++)
        {
            TFilter.Input<TSimd, TVector>(strip + (x * Panels.KBlock), line, middle + (x * width), TFilter.Points * width);
        }

        for (int y = 0; y < TFilter.Points; y++)
        {
            TFilter.Input<TSimd, TVector>(middle + (y * TFilter.Points * width), width, to + (y * TFilter.Points * position), position);
        }
    }
}
