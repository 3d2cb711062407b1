using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared MatchTokens(MatchTokens op, in Operands operands)
    {
        TokenMatchPlan plan = new(operands.Inputs[0].Shape, operands.Inputs[1].Shape.Width, op.Merged);
        pool.Reserve(TokenMatchPlan.ThreadBytes(plan.Metric));
        return new CpuPrepared(op.Work(operands), (places, path) => new TokenMatchLaunch(pool, path, places, plan), plan.ScratchBytes, plan.Seconds(pool));
    }
}

/// <summary>Sizes of a matching, and where its scratch memory holds what.</summary>
/// <param name="Metric">The metric's shape.</param>
/// <param name="Destinations">The number of destinations.</param>
/// <param name="Merged">Tokens that join one.</param>
internal sealed record TokenMatchPlan(Shape Metric, int Destinations, int Merged)
{
    /// <summary>Tokens that may be merged.</summary>
    public int Sources => Metric.Tokens - Destinations;

    /// <summary>Panels of 32 destinations.</summary>
    public int DestinationPanels => (Destinations + Panels.Columns - 1) / Panels.Columns;

    /// <summary>Floats of the destinations' unit vectors of one image: [panel][channel][32].</summary>
    public long PanelFloats => (long)DestinationPanels * Metric.Channels * Panels.Columns;

    // In cycles: of a similarity that is compared, of a step of a sort, of a token that is grouped.
    private const double Compare = 5, Sort = 6, Grouped = 30;

    /// <summary>Sources of one task.</summary>
    public static int RowsPerTask => TileSweep.Tall;

    /// <summary>Tasks of one image's similarities.</summary>
    public int Parts => (Sources + RowsPerTask - 1) / RowsPerTask;

    /// <summary>Bytes in front of each source's sort key, and behind them of each token's target.</summary>
    public long KeyOffset => Metric.Batch * PanelFloats * sizeof(float);

    /// <inheritdoc cref="KeyOffset"/>
    public long TargetOffset => KeyOffset + ((long)Metric.Batch * Sources * sizeof(ulong));

    /// <summary>Bytes of arena.</summary>
    public long ScratchBytes => TargetOffset + ((long)Metric.Batch * Metric.Tokens * sizeof(int));

    /// <summary>The guess of its time: products and comparisons, then sorting, an image a thread.</summary>
    public double Seconds(WorkerPool pool)
    {
        double rows = (double)Metric.Batch * Parts * RowsPerTask, columns = DestinationPanels * Panels.Columns, sort = Sources * Math.Log2(Math.Max(2, Sources));
        return KernelTime.Phase(pool, Metric.Batch * DestinationPanels, Metric.Batch * columns * Metric.Channels * KernelTime.OfCycle)
            + KernelTime.Phase(pool, Metric.Batch * Parts, rows * columns * (Metric.Channels + (Compare * KernelTime.OfCycle)))
            + KernelTime.Phase(pool, Metric.Batch, Metric.Batch * ((Sort * sort) + (Grouped * Metric.Tokens)) * KernelTime.OfCycle);
    }

    /// <summary>Memory of a thread: the unit vectors of a task's sources, and a tile of similarities.</summary>
    public static long ThreadBytes(Shape metric) => sizeof(float) * (((long)TileSweep.Tall * Blocks(metric) * Panels.KBlock) + (TileSweep.Tall * Panels.Columns));

    /// <summary>Blocks of 128 channels.</summary>
    public static int Blocks(Shape metric) => (metric.Channels + Panels.KBlock - 1) / Panels.KBlock;
}
