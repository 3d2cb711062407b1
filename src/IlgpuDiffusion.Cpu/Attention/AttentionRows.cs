using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace IlgpuDiffusion.Cpu;

/// <summary>Rows on their way into an attention and out of it, a tile at a time.</summary>
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

    /// <summary>Takes a tile's queries in, scaled; rows without a query become zeros, and nothing has been seen yet.</summary>
    /// <param name="tile">The tile.</param>
    /// <param name="from">The head's channels of the image's first query.</param>
    /// <param name="stride">Floats from one query to the next.</param>
    /// <param name="tokens">The numbers of the tile's queries.</param>
    /// <param name="width">Channels of a head.</param>
    /// <param name="scale">What queries are multiplied with.</param>
    public static void Take(in QueryTile tile, float* from, nint stride, int* tokens, int width, float scale)
    {
        switch (Simd.Level)
        {
            case SimdLevel.Vector512:
                Take<Simd512, Vector512<float>>(tile, from, stride, tokens, width, scale);
                break;
            case SimdLevel.Vector256:
                Take<Simd256, Vector256<float>>(tile, from, stride, tokens, width, scale);
                break;
            case SimdLevel.Vector128:
                Take<Simd128, Vector128<float>>(tile, from, stride, tokens, width, scale);
                break;
            default:
                Take<SimdScalar, float>(tile, from, stride, tokens, width, scale);
                break;
        }
    }

    /// <summary>Takes a tile's weighted values to the result, divided by the sums of the weights; 0 where no key may be seen.</summary>
    /// <param name="tile">The tile.</param>
    /// <param name="to">The head's channels of the image's first row of the result.</param>
    /// <param name="stride">Floats from one row to the next.</param>
    /// <param name="tokens">The numbers of the tile's queries.</param>
    /// <param name="width">Channels of a head.</param>
    public static void Give(in QueryTile tile, float* to, nint stride, int* tokens, int width)
    {
        switch (Simd.Level)
        {
            case SimdLevel.Vector512:
                Give<Simd512, Vector512<float>>(tile, to, stride, tokens, width);
                break;
            case SimdLevel.Vector256:
                Give<Simd256, Vector256<float>>(tile, to, stride, tokens, width);
                break;
            case SimdLevel.Vector128:
                Give<Simd128, Vector128<float>>(tile, to, stride, tokens, width);
                break;
            default:
                Give<SimdScalar, float>(tile, to, stride, tokens, width);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Take<TSimd, TVector>(in QueryTile tile, float* from, nint stride, int* tokens, int width, float scale)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        for (int row = 0; row < tile.Rows; row++)
        {
            for (int c = 0, block = 0; c < width; c += Panels.KBlock, block++)
            {
                float* to = tile.Q + (((block * tile.Rows) + row) * Panels.KBlock);
                int length = Math.Min(Panels.KBlock, width - c);
                if (row < tile.Queries)
                {
                    Scale<TSimd, TVector>(to, from + (tokens[row] * stride) + c, length, scale);
                }
                else
                {
                    new Span<float>(to, length).Clear();
                }
            }

            tile.Max[row] = RunningSoftmax.Nothing;
            for (int lane = 0; lane < AttentionStep.Lanes; lane += TSimd.Width)
            {
                TSimd.Store(tile.Lanes + (row * AttentionStep.Lanes) + lane, TSimd.Create(0f));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Give<TSimd, TVector>(in QueryTile tile, float* result, nint stride, int* tokens, int width)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        int full = KeyBlock.FullPanels(width);
        for (int row = 0; row < tile.Queries; row++)
        {
            float* to = result + (tokens[row] * stride), from = tile.Sums + (row * Panels.Columns);
            float sum = RunningSoftmax.Total(tile.Lanes + (row * AttentionStep.Lanes));
            if (sum == 0)
            {
                new Span<float>(to, width).Clear();
                continue;
            }

            float inverse = 1 / sum;
            int c = 0;
            for (int panel = 0; panel < full; panel++, c += Panels.Columns, from += TileSweep.Tall * Panels.Columns)
            {
                Scale<TSimd, TVector>(to + c, from, Math.Min(Panels.Columns, width - c), inverse);
            }

            for (; c < width; c++, from += 2)
            {
                to[c] = (from[0] + from[1]) * inverse;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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
