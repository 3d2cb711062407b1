using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Acceleration;

/// <summary>
/// Token merging for diffusion (Bolya and Hoffman 2023, arXiv:2303.17604, as github.com/dbolya/tomesd has it): of every cell one token is a destination, the
/// most similar of the others join the one that they are most like, self-attention runs on the groups' means, and every token is given its group's result.
/// The metric is the transformer block's input. Of equal similarities the lower token goes first; the original leaves that to its sort.
/// </summary>
public sealed record ToMe : ITechnique
{
    /// <summary>Which part of the tokens is merged; at most all that are no destinations.</summary>
    public double Ratio { get; init; } = 0.5;

    /// <summary>Layers are merged whose grid is at most so many times coarser than the latents' (1, 2, 4 or 8).</summary>
    public int MaxDownsample { get; init; } = 1;

    /// <summary>Rows of a cell.</summary>
    public int CellHeight { get; init; } = 2;

    /// <summary>Columns of a cell.</summary>
    public int CellWidth { get; init; } = 2;

    /// <summary>Whether the destination of each cell is drawn, anew for every evaluation and layer, rather than its first token.</summary>
    public bool Draw { get; init; } = true;

    /// <summary>From which part of the schedule on.</summary>
    public double Start { get; init; }

    /// <summary>To which part of the schedule.</summary>
    public double End { get; init; } = 1;

    /// <inheritdoc/>
    public TechniquePhase Phase => TechniquePhase.Attention;

    /// <inheritdoc/>
    public void Check()
    {
        PolicyException.Require(Ratio is >= 0 and <= 1, $"tome.ratio must be from 0 to 1; it is {Ratio}.");
        PolicyException.Require(MaxDownsample is 1 or 2 or 4 or 8, $"tome.maxDownsample must be 1, 2, 4 or 8; it is {MaxDownsample}.");
        PolicyException.Require(CellHeight >= 1 && CellWidth >= 1 && CellHeight * CellWidth >= 2, $"tome's cells must hold at least two tokens; they are {CellHeight} × {CellWidth}.");
        Window.Check("tome", Start, End);
    }

    /// <inheritdoc/>
    public string? Refuses(ITechnique other) => other switch
    {
        ToMe => "'tome' is given twice: give it once.",
        HyperTile => "'tome' and 'hypertile' cannot be used together: merged tokens are no grid that could be cut into tiles.",
        ToDo => "'tome' and 'todo' cannot be used together: merged tokens are no grid that could be made coarser.",
        LocalGlobal => "'tome' and 'localglobal' cannot be used together: merged tokens are no grid that could be cut into tiles.",
        _ => null,
    };

    /// <inheritdoc/>
    public void Plan(PlanDraft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        draft.RequireSelfAttention("tome");
        Window.Note(draft, Start, End);
        HashSet<Grid> whole = [];
        for (int e = 0; e < draft.Moments.Count; e++)
        {
            foreach (LayerSite site in Window.Contains(draft.Moments[e], Start, End) ? draft.AttentionAt(e, SiteKind.SelfAttention) : [])
            {
                int tokens = site.Grid.Height * site.Grid.Width, cells = TokenCells.Count(site.Grid, CellHeight, CellWidth);
                int merged = Math.Min((int)(tokens * Ratio), tokens - cells);
                if (merged > 0 && cells > 0 && Math.Ceiling(Math.Sqrt(draft.Grid.Height * draft.Grid.Width / tokens)) <= MaxDownsample)
                {
                    PlanRandom random = draft.Random(e, site);
                    draft.Merge(e, site, TokenCells.Destinations(site.Grid, CellHeight, CellWidth, Draw ? _ => random.Below(CellHeight * CellWidth) : null), merged);
                }
                else
                {
                    whole.Add(site.Grid);
                }
            }
        }

        if (whole.Count > 0)
        {
            draft.Note(FormattableString.Invariant($"merges nothing on {PlanNote.Grids(whole)} grids: {(Ratio == 0 ? "'ratio' is 0" : $"they are more than {MaxDownsample} times coarser than the latents' ('maxDownsample'), or hold too few cells")}"));
        }
    }
}
