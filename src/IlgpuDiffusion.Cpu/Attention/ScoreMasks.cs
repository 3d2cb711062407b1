using System.Runtime.CompilerServices;

namespace IlgpuDiffusion.Cpu;

/// <summary>What is added to scores before the softmax: biases, and −∞ where a query must not look.</summary>
internal static unsafe class ScoreMasks
{
    /// <summary>Changes a tile's scores, which lie in panels of 32 keys; those behind the last key become −∞.</summary>
    public static void Apply<TSimd, TVector>(QueryTile* tile, KeyStep* step, float* scores, int panelFloats)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        int count = step->Count;
        int padded = (count + Panels.Columns - 1) / Panels.Columns * Panels.Columns;
        if (step->Bias != null)
        {
            for (int row = 0; row < tile->Queries; row++)
            {
                float* bias = step->Bias + (step->QueryTokens[row] * step->BiasStride);
                Bias<TSimd, TVector>(scores + (row * Panels.Columns), panelFloats, bias, step);
            }
        }

        bool causal = step->Causal && step->Diagonal < count - 1;
        for (int row = 0; row < tile->Rows && (causal || count < padded); row++)
        {
            int visible = causal ? Math.Clamp(step->Diagonal + row + 1, 0, count) : count;
            for (int j = visible; j < padded; j++)
            {
                scores[At(row, j, panelFloats)] = float.NegativeInfinity;
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

        for (; j < count; j++)
        {
            float* at = scores + At(0, j, panelFloats);
            *at = SimdScalar.MultiplyAdd(step->BiasPerKey ? bias[step->KeyTokens[j]] : bias[0], Log2E, *at);
        }
    }
}
