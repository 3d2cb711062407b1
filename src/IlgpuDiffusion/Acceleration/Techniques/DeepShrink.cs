using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Acceleration;

/// <summary>
/// Deep shrink (Kohya's, known as PatchModelAddDownscale; the resolution-aware network of HiDiffusion, Zhang et al. 2024, arXiv:2311.17528): early in the
/// schedule the deeper levels are computed on a smaller grid, near the size that the model was trained at. That keeps it from painting its subject twice
/// in large pictures, and costs less. The skip connections that were left before keep their grids; where they come in, the level is brought back.
/// </summary>
public sealed record DeepShrink : ITechnique
{
    /// <summary>How many times fewer points a side has.</summary>
    public double Factor { get; init; } = 2;

    /// <summary>How many times the latents' grid is halved where it begins; 0: behind the first convolution.</summary>
    public int Depth { get; init; } = 1;

    /// <summary>How the grid is made smaller and larger again.</summary>
    public GridMethod Method { get; init; } = GridMethod.Bicubic;

    /// <summary>From which part of the schedule on.</summary>
    public double Start { get; init; }

    /// <summary>To which part of the schedule.</summary>
    public double End { get; init; } = 0.35;

    /// <inheritdoc/>
    public TechniquePhase Phase => TechniquePhase.Grids;

    /// <inheritdoc/>
    public void Check()
    {
        PolicyException.Require(Factor is >= 1 and <= 16, $"deepshrink.factor must be from 1 to 16; it is {Factor}.");
        PolicyException.Require(Depth is >= 0 and <= 8, $"deepshrink.depth must be from 0 to 8; it is {Depth}.");
        Window.Check("deepshrink", Start, End);
    }

    /// <inheritdoc/>
    public string? Refuses(ITechnique other) => other switch
    {
        DeepShrink => "'deepshrink' is given twice: give it once.",
        TGate { Gate: < 1 } gate when End > gate.Gate && Factor > 1 => FormattableString.Invariant($"'deepshrink' to {End} and 'tgate' from {gate.Gate} on cannot be used together: behind its gate 'tgate' reads no text, and what attention to it gave on a smaller grid does not fit the larger one. Let deepshrink.end be at most tgate.gate."),
        _ => null,
    };

    /// <inheritdoc/>
    public void Plan(PlanDraft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        LayerSite[] levels = [.. draft.Sites.Where(site => site.Kind == SiteKind.Level)];
        PolicyException.Require(levels.Length > 0, "'deepshrink' computes the deeper levels of a UNet on a smaller grid, and this network is none and has no levels: leave it out.");
        LayerSite[] wanted = [.. levels.Where(site => draft.DepthOf(site) == Depth)];
        PolicyException.Require(wanted.Length > 0, $"deepshrink.depth is {Depth}, and the network has levels of depths {string.Join(", ", levels.Select(draft.DepthOf).Distinct())}.");
        LayerSite level = wanted[^1];
        Grid to = new((int)Math.Ceiling(level.Grid.Height / Factor), (int)Math.Ceiling(level.Grid.Width / Factor));
        Window.Note(draft, Start, End);
        if (to == level.Grid)
        {
            draft.Note(FormattableString.Invariant($"a grid of {level.Grid.Width}x{level.Grid.Height} is not made smaller by a 'factor' of {Factor}"));
        }

        for (int e = 0; to != level.Grid && e < draft.Moments.Count; e++)
        {
            // What is kept for all that follows is computed on the grids that follow.
            if (Window.Contains(draft.Moments[e], Start, End) && !draft.IsRefreshed(e))
            {
                draft.Resize(e, level, KeyTaps.Of(Method, level.Grid, to), KeyTaps.Of(Method, to, level.Grid));
            }
        }
    }
}
