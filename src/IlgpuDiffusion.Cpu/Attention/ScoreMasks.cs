using System.Runtime.CompilerServices;

namespace IlgpuDiffusion.Cpu;

/// <summary>What is added to scores before the softmax: biases, and −∞ where a query must not look.</summary>
internal static unsafe class ScoreMasks
{
    private const int Lanes = AttentionStep.Lanes;

    /// <summary>Sixteen times +∞, then −∞: read from 16 − n on, the smaller of it and sixteen scores hides all but the first n.</summary>
    private static ReadOnlySpan<float> Fence =>
    [
        float.PositiveInfinity, float.PositiveInfinity, float.PositiveInfinity, float.PositiveInfinity, float.PositiveInfinity, float.PositiveInfinity, float.PositiveInfinity, float.PositiveInfinity,
        float.PositiveInfinity, float.PositiveInfinity, float.PositiveInfinity, float.PositiveInfinity, float.PositiveInfinity, float.PositiveInfinity, float.PositiveInfinity, float.PositiveInfinity,
        float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity,
        float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity,
    ];

    /// <summary>Changes a tile's scores, which lie in panels of 32 keys; those behind the last key become −∞ up to the next multiple of 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<TSimd, TVector>(QueryTile* tile, KeyStep* step, float* scores, int panelFloats)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        int count = step->Count, diagonal = step->Diagonal + tile->First;
        if (step->Bias != null)
        {
            for (int row = 0; row < tile->Queries; row++)
            {
                float* bias = step->Bias + (step->QueryTokens[tile->First + row] * step->BiasStride);
                Bias<TSimd, TVector>(scores + (row * Panels.Columns), panelFloats, bias, step);
            }
        }

        bool causal = step->Causal && diagonal < count - 1;
        if (causal || count % Lanes != 0)
        {
            Hide<TSimd, TVector>(scores, panelFloats, tile->Rows, count, causal ? diagonal : count);
        }
    }

    /// <summary>Hides what lies behind key <paramref name="diagonal"/> + row, and behind the last key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Hide<TSimd, TVector>(float* scores, int panelFloats, int rows, int count, int diagonal)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        fixed (float* fence = Fence)
        {
            for (int row = 0; row < rows; row++)
            {
                int visible = Math.Clamp(diagonal + row + 1, 0, count);
                for (int key = visible / Lanes * Lanes; key < count; key += Lanes)
                {
                    float* at = scores + At(row, key, panelFloats), from = fence + Lanes - Math.Clamp(visible - key, 0, Lanes);
                    for (int lane = 0; lane < Lanes; lane += TSimd.Width)
                    {
                        // In this order of arguments a score that is NaN stays.
                        TSimd.Store(at + lane, TSimd.Min(TSimd.Load(from + lane), TSimd.Load(at + lane)));
                    }
                }
            }
        }
    }

    private static int At(int row, int key, int panelFloats) => (key / Panels.Columns * panelFloats) + (row * Panels.Columns) + (key % Panels.Columns);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Bias<TSimd, TVector>(float* scores, int panelFloats, float* bias, KeyStep* step)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        const float Log2E = 1.44269504088896341f;
        int j = 0, count = step->Count;
        if (step->BiasPerKey && step->KeyTokens == null)
        {
            bias += step->FirstKey;
            for (; j <= count - TSimd.Width; j += TSimd.Width)
            {
                float* at = scores + At(0, j, panelFloats);
                TSimd.Store(at, TSimd.MultiplyAdd(TSimd.Load(bias + j), TSimd.Create(Log2E), TSimd.Load(at)));
            }

            for (; j < count; j++)
            {
                float* at = scores + At(0, j, panelFloats);
                *at = SimdScalar.MultiplyAdd(bias[j], Log2E, *at);
            }

            return;
        }

        if (!step->BiasPerKey)
        {
            TVector all = TSimd.Create(bias[0]);
            for (; j <= count - TSimd.Width; j += TSimd.Width)
            {
                float* at = scores + At(0, j, panelFloats);
                TSimd.Store(at, TSimd.MultiplyAdd(all, TSimd.Create(Log2E), TSimd.Load(at)));
            }
        }

        for (; j < count; j++)
        {
            float* at = scores + At(0, j, panelFloats);
            *at = SimdScalar.MultiplyAdd(step->BiasPerKey ? bias[step->KeyTokens[j]] : bias[0], Log2E, *at);
        }
    }
}
