using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Acceleration;

/// <summary>What changes the program of attention at a site. Where tiles and taps lie is in the row table, under these names.</summary>
public sealed record AttentionForm
{
    internal const string TileBounds = "tiles";
    internal const string KeyBounds = "keys";
    internal const string KeyRows = "keys.rows";
    internal const string KeyColumns = "keys.columns";
    internal const string KeyMass = "keys.mass";
    internal const string Destinations = "destinations";

    /// <summary>Into how many tiles queries and keys are cut at most (empty ones are allowed); 0 for none.</summary>
    public int Tiles { get; init; }

    /// <summary>The points of each tile, where a group norm before attention is each tile's own; 0 where it is the whole grid's.</summary>
    internal int NormPoints { get; init; }

    /// <summary>The coarser grid that keys are taken from; null for the picture's own.</summary>
    public ResampledGrid? Keys { get; init; }

    /// <summary>Whether queries look at their own tile's keys as they are, and at coarser ones of all outside it only.</summary>
    public bool BesideOwn { get; init; }

    /// <summary>Whether each of the coarser keys weighs as much as all those that it stands for, where others beside them are as they were.</summary>
    public bool Mass { get; init; }

    /// <summary>Which tokens are merged; null for none.</summary>
    public TokenMerge? Merge { get; init; }
}

/// <summary>A grid that another is resampled to.</summary>
/// <param name="Grid">The new grid.</param>
/// <param name="RowTaps">Old rows that a new one is made from.</param>
/// <param name="ColumnTaps">Old columns that a new one is made from.</param>
public readonly record struct ResampledGrid(Grid Grid, int RowTaps, int ColumnTaps);

/// <summary>Tokens that are merged.</summary>
/// <param name="Destinations">Tokens that others join.</param>
/// <param name="Merged">Tokens that join them.</param>
public readonly record struct TokenMerge(int Destinations, int Merged);

/// <summary>A level of the network on another grid. The taps are in the row table, under these names.</summary>
/// <param name="To">The grid that the level is brought to.</param>
/// <param name="Back">The way back, where it meets what has its own grid.</param>
public sealed record ResizeForm(ResampledGrid To, ResampledGrid Back)
{
    internal const string Rows = "rows";
    internal const string Columns = "columns";
    internal const string BackRows = "back.rows";
    internal const string BackColumns = "back.columns";
}
