using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace IlgpuDiffusion.Cpu;

/// <summary>Tiles of queries meet one block of keys: scores, their running softmax, weighted values.</summary>
/// <remarks>
/// Each row's arithmetic depends on its own query and the order of the keys alone, so neither the partition of the queries nor the tile's
/// height shows in the result. Sums of weights are kept in sixteen lanes at every vector width.
/// </remarks>
internal static unsafe class AttentionStep
{
    public const int Lanes = 16;

    /// <summary>Floats of the scores and weights of one tile.</summary>
    public static int ScratchFloats => 2 * TileSweep.Tall * KeyBlock.Keys;

    private static int PanelFloats => TileSweep.Tall * Panels.Columns;

    /// <summary>Takes a block of keys in.</summary>
    /// <param name="tiles">Tiles of one task.</param>
    /// <param name="count">How many.</param>
    /// <param name="step">The keys.</param>
    /// <param name="scratch"><see cref="ScratchFloats"/>.</param>
    public static void Run(QueryTile* tiles, int count, KeyStep* step, float* scratch)
    {
        switch (Simd.Level)
        {
            case SimdLevel.Vector512:
                Run<Simd512, Vector512<float>>(tiles, count, step, scratch);
                break;
            case SimdLevel.Vector256:
                Run<Simd256, Vector256<float>>(tiles, count, step, scratch);
                break;
            case SimdLevel.Vector128:
                Run<Simd128, Vector128<float>>(tiles, count, step, scratch);
                break;
            default:
                Run<SimdScalar, float>(tiles, count, step, scratch);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<TSimd, TVector>(QueryTile* tiles, int count, KeyStep* step, float* scores)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        float* weights = scores + (TileSweep.Tall * KeyBlock.Keys), scales = stackalloc float[Lanes];
        for (QueryTile* tile = tiles; tile < tiles + count; tile++)
        {
            Scores<TSimd, TVector>(tile, step, scores);
            ScoreMasks.Apply<TSimd, TVector>(tile, step, scores, PanelFloats);
            bool rescale = RunningSoftmax.Weigh<TSimd, TVector>(tile, scores, PanelFloats, step->Count, weights, scales);
            if (rescale && tile->Started)
            {
                Rescale<TSimd, TVector>(tile, step->Width, scales);
            }

            Values<TSimd, TVector>(tile, step, weights);
            tile->Started = true;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scores<TSimd, TVector>(QueryTile* tile, KeyStep* step, float* scores)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        int rows = tile->Rows;
        for (int first = 0, block = 0; first < step->Width; first += Panels.KBlock, block++)
        {
            int length = Math.Min(Panels.KBlock, step->Width - first);
            for (int key = 0, panel = 0; key < step->Count; key += Panels.Columns, panel++)
            {
                float* keys = step->Packed + KeyBlock.KeyPanel(step->Width, block, panel);

                // Whole sixteens, so that what the mask hides later is a number and not what the memory held before: the smaller of −∞ and NaN would be NaN.
                int columns = (step->Count - key + Lanes - 1) / Lanes * Lanes;
                AttentionTiles.Multiply<TSimd, TVector>(rows, tile->Q + (block * rows * Panels.KBlock), keys, length, scores + (panel * PanelFloats), block == 0, columns);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Values<TSimd, TVector>(QueryTile* tile, KeyStep* step, float* weights)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        int full = KeyBlock.FullPanels(step->Width);
        float* values = step->Packed + KeyBlock.KeyFloats(step->Width), sums = tile->Sums;
        for (int panel = 0; panel < full; panel++, values += KeyBlock.Keys * Panels.Columns, sums += PanelFloats)
        {
            AttentionTiles.Multiply<TSimd, TVector>(tile->Rows, weights, values, step->Count, sums, !tile->Started, step->Width - (panel * Panels.Columns));
        }

        if (KeyBlock.Paired(step->Width))
        {
            PairedTiles.Multiply<TSimd, TVector>(weights, values, (step->Count + 1) / 2, sums, !tile->Started);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rescale<TSimd, TVector>(QueryTile* tile, int width, float* scales)
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
                float* at = tile->Sums + (column / Panels.Columns * PanelFloats) + (row * Panels.Columns);
                for (nint c = 0; c < Panels.Columns; c += TSimd.Width)
                {
                    TSimd.Store(at + c, TSimd.Multiply(TSimd.Load(at + c), scale));
                }
            }
        }
    }
}
