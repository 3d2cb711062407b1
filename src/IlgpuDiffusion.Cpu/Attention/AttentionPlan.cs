using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

/// <summary>Shapes and sizes of an attention: how queries are cut into tasks and where packed keys lie.</summary>
internal sealed class AttentionPlan
{
    private const int FewKeyBytes = 256 << 10;
    private const int WantedTasks = 32;

    /// <summary>For an op and its operands.</summary>
    public AttentionPlan(Attention op, in Operands operands)
    {
        Op = op;
        Queries = operands.Inputs[0].Shape;
        Width = Queries.Channels / op.Heads;
        Tiles = op.Tiled ? operands.Inputs[1].Shape.Width : 0;
        Output = operands.Inputs.Length;
        Segments = new SegmentPlan[op.Segments.Count];
        long bytes = 0;
        for (int i = 0; i < Segments.Length; i++)
        {
            SegmentOperands at = op.OperandsOf(i);
            Shape keys = operands.Inputs[at.Keys].Shape;
            Segments[i] = new SegmentPlan(op.Segments[i], at, keys, at.Bias < 0 ? default : operands.Inputs[at.Bias].Shape, bytes);
            bytes += Segments[i].Gathered ? 0 : (long)keys.Batch * op.Heads * Segments[i].Blocks * BlockBytes;
        }

        PackedBytes = bytes;
        FewKeys = Array.TrueForAll(Segments, s => !s.Gathered) && Segments.Sum(s => s.Blocks) * BlockBytes <= FewKeyBytes;

        // Many queries a task for the sake of the keys' way from the outer caches; few where that would leave threads idle or overflow the cache. Of a tile every task packs the keys anew, so where there are
        // tiles enough none is cut that need not be.
        int most = Width > 160 ? 112 : 224, tiles = Math.Max(1, Tiles);
        int tokens = op.Tiled ? Math.Max(1, Queries.Tokens / tiles) : Queries.Tokens;
        RowsPerTask = op.Tiled && Queries.Batch * op.Heads * tiles >= WantedTasks ? most : Math.Clamp((tokens + 3) / 4, 28, most);

        // With few keys a task takes its queries through all heads, as far as enough tasks are left: heads share their queries' cache lines and pages.
        int parts = Queries.Batch * tiles * ((tokens + RowsPerTask - 1) / RowsPerTask);
        HeadsPerTask = FewKeys ? Math.Clamp(parts * op.Heads / WantedTasks, 1, op.Heads) : 1;
        while (op.Heads % HeadsPerTask != 0)
        {
            HeadsPerTask--;
        }

        TilesPerTask = ((RowsPerTask + TileSweep.Short - 1) / TileSweep.Short) + 1;
    }

    public Attention Op { get; }

    public Shape Queries { get; }

    /// <summary>Channels of a head.</summary>
    public int Width { get; }

    /// <summary>Query tiles, 0 if there are none.</summary>
    public int Tiles { get; }

    /// <summary>The result's operand number; the arena scratch follows it.</summary>
    public int Output { get; }

    public SegmentPlan[] Segments { get; }

    /// <summary>Arena for the packed keys and values of segments without bounds.</summary>
    public long PackedBytes { get; }

    /// <summary>Bytes of a packed block of keys and values.</summary>
    public long BlockBytes => (long)KeyBlock.Floats(Width) * sizeof(float);

    /// <summary>Most queries of a task.</summary>
    public int RowsPerTask { get; }

    /// <summary>Heads of a task, a divisor of all.</summary>
    public int HeadsPerTask { get; }

    /// <summary>Most product tiles of a task.</summary>
    public int TilesPerTask { get; }

    /// <summary>Whether all keys stay in the second-level cache, so that each tile of queries can meet all of them before the next one is begun.</summary>
    public bool FewKeys { get; }

    /// <summary>Blocks of 128 channels.</summary>
    public int ChannelBlocks => (Width + Panels.KBlock - 1) / Panels.KBlock;

    /// <summary>Floats of a tile's queries.</summary>
    public int TileQueryFloats => ChannelBlocks * TileSweep.Tall * Panels.KBlock;

    /// <summary>Floats of a tile's weighted values.</summary>
    public int TileSumFloats => KeyBlock.ValuePanels(Width) * TileSweep.Tall * Panels.Columns;

    /// <summary>Floats of a tile's maxima and lanes.</summary>
    public static int TileStateFloats => AttentionStep.Lanes + (TileSweep.Tall * AttentionStep.Lanes);

    /// <summary>Memory of a thread.</summary>
    public long ThreadBytes =>
        sizeof(float) * (((long)TilesPerTask * (TileQueryFloats + TileSumFloats + TileStateFloats)) + AttentionStep.ScratchFloats + KeyBlock.Floats(Width))
        + (sizeof(int) * (long)(RowsPerTask + KeyBlock.Keys)) + 256;
}

/// <summary>Shapes of a key segment.</summary>
/// <param name="Form">Its form.</param>
/// <param name="Operands">Its operands' numbers.</param>
/// <param name="Keys">The keys' shape.</param>
/// <param name="Bias">The bias' shape.</param>
/// <param name="PackedOffset">Bytes of arena in front of its packed keys.</param>
internal sealed record SegmentPlan(SegmentForm Form, SegmentOperands Operands, Shape Keys, Shape Bias, long PackedOffset)
{
    /// <summary>Whether each tile has keys of its own, gathered when they are needed.</summary>
    public bool Gathered => Form.Bounds;

    /// <summary>Blocks of 128 keys.</summary>
    public int Blocks => (Keys.Tokens + KeyBlock.Keys - 1) / KeyBlock.Keys;

    public Grid Grid => new(Keys.Height, Keys.Width);
}
