using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace IlgpuDiffusion.Cpu;

/// <summary>Aᵀ·m·A of neighbouring tiles.</summary>
internal static unsafe class OutputTiles
{
    /// <summary>Transforms tiles of one line into lines of pixels, 32 outputs wide.</summary>
    /// <param name="sums">The first tile's sums at the first position; tiles are <see cref="Panels.Columns"/> floats apart.</param>
    /// <param name="position">Floats from one position to the next.</param>
    /// <param name="to">The first pixel; pixels are <see cref="Panels.Columns"/> floats apart.</param>
    /// <param name="line">Floats from one line of pixels to the next.</param>
    /// <param name="tiles">Tiles.</param>
    /// <param name="middle">Room for one tile's vectors.</param>
    public static void Transform<TFilter>(float* sums, nint position, float* to, nint line, int tiles, float* middle)
        where TFilter : struct, IFilter
    {
        switch (Simd.Level)
        {
            case SimdLevel.Vector512:
                Transform<Simd512, Vector512<float>, TFilter>(sums, position, to, line, tiles, middle);
                break;
            case SimdLevel.Vector256:
                Transform<Simd256, Vector256<float>, TFilter>(sums, position, to, line, tiles, middle);
                break;
            case SimdLevel.Vector128:
                Transform<Simd128, Vector128<float>, TFilter>(sums, position, to, line, tiles, middle);
                break;
            default:
                Transform<SimdScalar, float, TFilter>(sums, position, to, line, tiles, middle);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transform<TSimd, TVector, TFilter>(float* sums, nint position, float* to, nint line, int tiles, float* middle)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TFilter : struct, IFilter
    {
        nint width = TSimd.Width;
        for (int tile = 0; tile < tiles; tile++, sums += Panels.Columns, to += TFilter.Outputs * Panels.Columns)
        {
            for (nint n = 0; n < Panels.Columns; n += TSimd.Width)
            {
                for (int x = 0; x < TFilter.Points; x++)
                {
                    TFilter.Output<TSimd, TVector>(sums + n + (x * position), TFilter.Points * position, middle + (x * width), TFilter.Points * width);
                }

                for (int y = 0; y < TFilter.Outputs; y++)
                {
                    TFilter.Output<TSimd, TVector>(middle + (y * TFilter.Points * width), width, to + n + (y * line), Panels.Columns);
                }
            }
        }
    }
}
