using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace IlgpuDiffusion.Cpu;

/// <summary>One tile of queries meets one block of keys: scores, their running softmax, weighted values.</summary>
/// <remarks>
/// Each row's arithmetic depends on its own query and the order of the keys alone, so neither the partition of the queries nor the tile's
/// height shows in the result. Sums of weights are kept in sixteen lanes at every vector width.
/// </remarks>
internal static unsafe class AttentionStep
{
    public const int Lanes = 16;

    /// <summary>Floats of the scores and weights of one tile.</summary>
    public static int ScratchFloats => 2 * TileSweep.Tall * KeyBlock.Keys;

    /// <summary>Takes a block of keys in.</summary>
    public static void Run(QueryTile* tile, KeyStep* step, float* scratch)
    {
        switch (Simd.Level)
        {
            case SimdLevel.Vector512:
                Run<Simd512, Vector512<float>>(tile, step, scratch);
                break;
            case SimdLevel.Vector256:
                Run<Simd256, Vector256<float>>(tile, step, scratch);
                break;
            case SimdLevel.Vector128:
                Run<Simd128, Vector128<float>>(tile, step, scratch);
                break;
            default:
                Run<SimdScalar, float>(tile, step, scratch);
                break;
        }
    }

    private static void Run<TSimd, TVector>(QueryTile* tile, KeyStep* step, float* scratch)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        int rows = tile->Rows, count = step->Count, width = step->Width;
        float* scores = scratch, weights = scratch + (TileSweep.Tall * KeyBlock.Keys);
        int panelFloats = TileSweep.Tall * Panels.Columns;
        for (int first = 0, block = 0; first < width; first += Panels.KBlock, block++)
        {
            int length = Math.Min(Panels.KBlock, width - first);
            for (int key = 0, panel = 0; key < count; key += Panels.Columns, panel++)
            {
                AttentionTiles.Multiply<TSimd, TVector>(
                    rows, tile->Q + (block * rows * Panels.KBlock), step->Packed + KeyBlock.KeyPanel(width, block, panel), length, scores + (panel * panelFloats), block == 0, count - key);
            }
        }

        ScoreMasks.Apply<TSimd, TVector>(tile, step, scores, panelFloats);
        float* scales = stackalloc float[Lanes];
        bool rescale = RunningSoftmax.Weigh<TSimd, TVector>(tile, scores, panelFloats, count, weights, scales);
        if (rescale && tile->Started)
        {
            Rescale<TSimd, TVector>(tile, width, scales, panelFloats);
        }

        float* values = step->Packed + KeyBlock.KeyFloats(width);
        for (int column = 0, panel = 0; column < width; column += Panels.Columns, panel++)
        {
            AttentionTiles.Multiply<TSimd, TVector>(
                rows, weights, values + ((nint)panel * KeyBlock.Keys * Panels.Columns), count, tile->Sums + (panel * panelFloats), !tile->Started, width - column);
        }

        tile->Started = true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rescale<TSimd, TVector>(QueryTile* tile, int width, float* scales, int panelFloats)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        for (int row = 0; row < tile->Rows; row++)
        {
            if (scales[row] == 1)
            {
                continue;
            }

            TVector scale = TSimd.Create(scales[row]);
            for (int column = 0; column < width; column += Panels.Columns)
            {
                float* at = tile->Sums + (column / Panels.Columns * panelFloats) + (row * Panels.Columns);
                for (nint c = 0; c < Panels.Columns; c += TSimd.Width)
                {
                    TSimd.Store(at + c, TSimd.Multiply(TSimd.Load(at + c), scale));
                }
            }
        }
    }
}
