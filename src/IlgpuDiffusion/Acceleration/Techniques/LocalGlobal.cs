using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Acceleration;

/// <summary>
/// Local and global attention in one softmax: queries look at their own tile's keys as they are, and at a coarser grid's of all that lies outside it. A
/// coarse key counts as many times as there are points that it stands for (its score is raised by the logarithm of their number); what stands for points
/// of the own tile is left out, so that nothing counts twice.
/// </summary>
public sealed record LocalGlobal : ITechnique
{
    /// <summary>The side of a tile in pixels, on the finest grid.</summary>
    public int Tile { get; init; } = 256;

    /// <summary>How many times fewer points a side of the coarse grid has.</summary>
    public double Factor { get; init; } = 4;

    /// <summary>How the grid is made coarser.</summary>
    public GridMethod Method { get; init; } = GridMethod.Average;

    /// <summary>How many numbers of tiles are drawn from, for each side.</summary>
    public int Sizes { get; init; } = 1;

    /// <summary>Whether tiles are moved by a drawn number of grid points in each evaluation.</summary>
    public bool Shift { get; init; } = true;

    /// <summary>From which part of the schedule on.</summary>
    public double Start { get; init; }

    /// <summary>To which part of the schedule.</summary>
    public double End { get; init; } = 1;

    /// <inheritdoc/>
    public TechniquePhase Phase => TechniquePhase.Attention;

    /// <inheritdoc/>
    public void Check()
    {
        PolicyException.Require(Tile is >= HyperTile.LeastTile and <= HyperTile.MostTile, $"localglobal.tile must be from {HyperTile.LeastTile} to {HyperTile.MostTile} pixels; it is {Tile}.");
        PolicyException.Require(Factor is >= 1 and <= 64, $"localglobal.factor must be from 1 to 64; it is {Factor}.");
        PolicyException.Require(Sizes >= 1, $"localglobal.sizes must be at least 1; it is {Sizes}.");
        Window.Check("localglobal", Start, End);
    }

    /// <inheritdoc/>
    public string? Refuses(ITechnique other) => other switch
    {
        LocalGlobal => "'localglobal' is given twice: give it once.",
        HyperTile => "'localglobal' and 'hypertile' both cut attention into tiles: leave one of them out.",
        ToDo => "'localglobal' and 'todo' both make keys coarser: leave one of them out.",
        _ => null,
    };

    /// <inheritdoc/>
    public void Plan(PlanDraft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        draft.RequireSelfAttention("localglobal");
        HyperTile tiles = new() { Tile = Tile, Sizes = Sizes, Shift = Shift };
        Window.Note(draft, Start, End);
        HashSet<Grid> whole = [];
        for (int e = 0; e < draft.Moments.Count; e++)
        {
            foreach (LayerSite site in Window.Contains(draft.Moments[e], Start, End) ? draft.AttentionAt(e, SiteKind.SelfAttention) : [])
            {
                if (tiles.Choices(draft, site) is { } choices)
                {
                    Grid to = new((int)Math.Ceiling(site.Grid.Height / Factor), (int)Math.Ceiling(site.Grid.Width / Factor));
                    draft.Cut(e, site, choices.Draw(draft.Random(e, site)), choices.Most, choices.Keys);
                    draft.Downsample(e, site, KeyTaps.Of(Method, site.Grid, to), besideOwn: true);
                }
                else
                {
                    whole.Add(site.Grid);
                }
            }
        }

        tiles.NoteWhole(draft, whole);
    }
}
