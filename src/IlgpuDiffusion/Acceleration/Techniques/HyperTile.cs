using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Acceleration;

/// <summary>
/// HyperTile (github.com/tfernd/HyperTile): self-attention looks at its own tile of the picture only. Tiles are rectangles of the layer's own grid; where they
/// do not divide it, the last ones are smaller. By default their lines move and their number changes from evaluation to evaluation, so that no seam stays
/// where it is.
/// </summary>
public sealed record HyperTile : ITechnique
{
    // A layer is cut where it holds more than so many tiles; else it is not large enough to be worth its global view.
    private const int FewTiles = 4;

    internal const int LeastTile = 32, MostTile = 16384;

    /// <summary>The side of a tile in pixels, on the finest grid; deeper layers take tiles of as many grid points.</summary>
    public int Tile { get; init; } = 256;

    /// <summary>How many numbers of tiles are drawn from, for each side (the reference's <c>swap_size</c>); 1 always takes the same.</summary>
    public int Sizes { get; init; } = 2;

    /// <summary>Whether tiles are moved by a drawn number of grid points in each evaluation. The original does not.</summary>
    public bool Shift { get; init; } = true;

    /// <summary>The side of a tile of the autoencoder's attention in decoding, in pixels; 0 leaves it whole. Its group norm stays the whole picture's.</summary>
    public int VaeTile { get; init; }

    /// <summary>From which part of the schedule on.</summary>
    public double Start { get; init; }

    /// <summary>To which part of the schedule.</summary>
    public double End { get; init; } = 1;

    /// <summary>
    /// Tiles as published: a side's smallest divisors from the tile's side on, not moved, on layers down to <see cref="Depth"/>; in the autoencoder each
    /// with a group norm of its own.
    /// </summary>
    public bool Compat { get; init; }

    /// <summary>With <see cref="Compat"/>: how many times the finest grid is halved on the deepest layer that is cut (<c>max_depth</c>).</summary>
    public int Depth { get; init; }

    /// <summary>With <see cref="Compat"/>: whether tiles have twice the side with every halving (<c>scale_depth</c>).</summary>
    public bool ScaleDepth { get; init; }

    /// <inheritdoc/>
    public TechniquePhase Phase => TechniquePhase.Attention;

    /// <inheritdoc/>
    public void Check()
    {
        PolicyException.Require(Tile is >= LeastTile and <= MostTile, $"hypertile.tile must be from {LeastTile} to {MostTile} pixels; it is {Tile}.");
        PolicyException.Require(VaeTile is 0 or (>= LeastTile and <= MostTile), $"hypertile.vaeTile must be from {LeastTile} to {MostTile} pixels, or 0 for none; it is {VaeTile}.");
        PolicyException.Require(Sizes >= 1, $"hypertile.sizes must be at least 1; it is {Sizes}.");
        PolicyException.Require(Depth is >= 0 and <= 8, $"hypertile.depth must be from 0 to 8; it is {Depth}.");
        PolicyException.Require(Compat || (Depth == 0 && !ScaleDepth), "hypertile.depth and hypertile.scaleDepth are settings of the published rule: set hypertile.compat with them.");
        Window.Check("hypertile", Start, End);
    }

    /// <inheritdoc/>
    public string? Refuses(ITechnique other) => other is HyperTile ? "'hypertile' is given twice: give it once." : null;

    /// <inheritdoc/>
    public void Plan(PlanDraft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        draft.RequireSelfAttention("hypertile");
        Window.Note(draft, Start, End);
        HashSet<Grid> whole = [];
        for (int e = 0; e < draft.Moments.Count; e++)
        {
            foreach (LayerSite site in Window.Contains(draft.Moments[e], Start, End) ? draft.AttentionAt(e, SiteKind.SelfAttention) : [])
            {
                if (Choices(draft, site) is { } choices)
                {
                    PlanRandom random = draft.Random(e, site);
                    draft.Cut(e, site, choices.Draw(random), choices.Most, choices.Keys);
                }
                else
                {
                    whole.Add(site.Grid);
                }
            }
        }

        NoteWhole(draft, whole);
    }

    /// <summary>Notes the grids that are not cut.</summary>
    internal void NoteWhole(PlanDraft draft, IReadOnlyCollection<Grid> grids)
    {
        if (grids.Count > 0)
        {
            draft.Note($"leaves {PlanNote.Grids(grids)} grids whole: {(Compat ? "they are deeper than 'depth', or no divisor of a side makes tiles so large" : $"they hold no more than {FewTiles} tiles of {SideAt(0, draft.PixelsPerPoint)} points a side ('tile')")}");
        }
    }

    /// <summary>The side of a tile in grid points on a layer whose grid is halved so many times.</summary>
    internal int SideAt(int depth, int pixelsPerPoint) => Math.Max(1, Tile / pixelsPerPoint) << (ScaleDepth ? depth : 0);

    /// <summary>The grids that a site's tiles are drawn from; null where it stays whole.</summary>
    internal TileChoices? Choices(PlanDraft draft, LayerSite site)
    {
        int depth = draft.DepthOf(site), side = SideAt(depth, draft.PixelsPerPoint);
        if (Compat)
        {
            TileChoices published = TileChoices.Published(site.Grid, side, Sizes);
            return depth <= Depth && published.Most > 1 ? published : null;
        }

        return (long)site.Grid.Height * site.Grid.Width > (long)FewTiles * side * side ? TileChoices.Moving(site.Grid, side, Sizes, Shift) : null;
    }
}
