using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace IlgpuDiffusion.Cpu;

/// <summary>Tiles of queries meet one block of keys: scores, their running softmax, weighted values.</summary>
/// <remarks>
/// Each row's arithmetic depends on its own query and the order of the keys alone, so neither the partition of the queries nor the tile's
/// height shows in the result. Sums of weights are kept in sixteen lanes at every vector width.
/// </remarks>
internal static unsafe class AttentionStep
{
    public const int Lanes = 16;

    private const int LineFloats = 16;

    /// <summary>Floats of the scores and weights of one tile.</summary>
    public static int ScratchFloats => 2 * TileSweep.Tall * KeyBlock.Keys;

    private static int WeightOffset => TileSweep.Tall * KeyBlock.Keys;

    private static int PanelFloats => TileSweep.Tall * Panels.Columns;

    /// <summary>Takes a block of keys in.</summary>
    /// <param name="tiles">The task's tiles.</param>
    /// <param name="count">How many.</param>
    /// <param name="step">The keys.</param>
    /// <param name="scratch"><see cref="ScratchFloats"/>, for each tile if they go together.</param>
    /// <param name="together">Whether all tiles meet a panel before any meets the next, and not one tile after the other all panels.</param>
    public static void Run(QueryTile* tiles, int count, KeyStep* step, float* scratch, bool together)
    {
        switch (Simd.Level)
        {
            case SimdLevel.Vector512:
                Run<Simd512, Vector512<float>>(tiles, count, step, scratch, together);
                break;
            case SimdLevel.Vector256:
                Run<Simd256, Vector256<float>>(tiles, count, step, scratch, together);
                break;
            case SimdLevel.Vector128:
                Run<Simd128, Vector128<float>>(tiles, count, step, scratch, together);
                break;
            default:
                Run<SimdScalar, float>(tiles, count, step, scratch, together);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<TSimd, TVector>(QueryTile* tiles, int count, KeyStep* step, float* scratch, bool together)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        int group = together ? count : 1;
        for (int first = 0; first < count; first += group)
        {
            Prefetch(step, first, group, count);
            Scores<TSimd, TVector>(tiles + first, group, step, scratch);
            for (int i = 0; i < group; i++)
            {
                Weigh<TSimd, TVector>(tiles + first + i, step, scratch + (i * ScratchFloats));
            }

            Values<TSimd, TVector>(tiles + first, group, step, scratch);
        }
    }

    private static void Scores<TSimd, TVector>(QueryTile* tiles, int count, KeyStep* step, float* scratch)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        for (int first = 0, block = 0; first < step->Width; first += Panels.KBlock, block++)
        {
            int length = Math.Min(Panels.KBlock, step->Width - first);
            for (int key = 0, panel = 0; key < step->Count; key += Panels.Columns, panel++)
            {
                float* keys = step->Packed + KeyBlock.KeyPanel(step->Width, block, panel);
                for (int i = 0; i < count; i++)
                {
                    float* scores = scratch + (i * ScratchFloats) + (panel * PanelFloats);
                    AttentionTiles.Multiply<TSimd, TVector>(tiles[i].Rows, tiles[i].Q + (block * tiles[i].Rows * Panels.KBlock), keys, length, scores, block == 0, step->Count - key);
                }
            }
        }
    }

    private static void Weigh<TSimd, TVector>(QueryTile* tile, KeyStep* step, float* scores)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        ScoreMasks.Apply<TSimd, TVector>(tile, step, scores, PanelFloats);
        float* scales = stackalloc float[Lanes];
        bool rescale = RunningSoftmax.Weigh<TSimd, TVector>(tile, scores, PanelFloats, step->Count, scores + WeightOffset, scales);
        if (rescale && tile->Started)
        {
            Rescale<TSimd, TVector>(tile, step->Width, scales, PanelFloats);
        }
    }

    private static void Values<TSimd, TVector>(QueryTile* tiles, int count, KeyStep* step, float* scratch)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        int width = step->Width, full = KeyBlock.FullPanels(width);
        float* values = step->Packed + KeyBlock.KeyFloats(width);
        for (int panel = 0; panel < full; panel++, values += KeyBlock.Keys * Panels.Columns)
        {
            for (int i = 0; i < count; i++)
            {
                float* weights = scratch + (i * ScratchFloats) + WeightOffset;
                AttentionTiles.Multiply<TSimd, TVector>(tiles[i].Rows, weights, values, step->Count, tiles[i].Sums + (panel * PanelFloats), !tiles[i].Started, width - (panel * Panels.Columns));
            }
        }

        for (int i = 0; i < count; i++)
        {
            if (KeyBlock.Paired(width))
            {
                PairedTiles.Multiply<TSimd, TVector>(scratch + (i * ScratchFloats) + WeightOffset, values, (step->Count + 1) / 2, tiles[i].Sums + (full * PanelFloats), !tiles[i].Started);
            }

            tiles[i].Started = true;
        }
    }

    /// <summary>Asks for a share of the next block, which the tiles will find in the second-level cache.</summary>
    private static void Prefetch(KeyStep* step, int first, int tiles, int of)
    {
        if (Sse.IsSupported && step->Next != null)
        {
            int begin = (int)((long)step->NextFloats * first / of), end = (int)((long)step->NextFloats * (first + tiles) / of);
            for (int i = begin; i < end; i += LineFloats)
            {
                Sse.Prefetch1(step->Next + i);
            }
        }
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
