namespace IlgpuDiffusion.Acceleration;

/// <summary>What an evaluation without full guidance does.</summary>
public enum GuidanceAfter
{
    /// <summary>It runs the conditional branch alone, without guidance.</summary>
    Conditional,

    /// <summary>It runs the conditional branch and adds the difference of the branches as it was last; where none was computed yet, it is as <see cref="Conditional"/>.</summary>
    Hold,

    /// <summary>It runs the unconditional branch alone, without guidance.</summary>
    Unconditional,
}

/// <summary>
/// Full guidance in a part of the schedule only, or in some evaluations only; the others run one branch, which is half the work. A gate (PromptGate; T-GATE, Zhang et al.
/// 2024, arXiv:2404.02747) is <see cref="End"/>; with <see cref="Start"/> it is the limited interval of Kynkäänniemi et al. 2024 (arXiv:2404.07724). Without guidance it does nothing.
/// </summary>
public sealed record Guidance : ITechnique
{
    /// <summary>Where full guidance begins, a fraction of the schedule.</summary>
    public double Start { get; init; }

    /// <summary>Where it ends: the first step that is not guided. 1 for never.</summary>
    public double End { get; init; } = 1;

    /// <summary>Between them, every how many evaluations have full guidance, counted from the first there.</summary>
    public int Every { get; init; } = 1;

    /// <summary>What the other evaluations do.</summary>
    public GuidanceAfter After { get; init; }

    /// <inheritdoc/>
    public TechniquePhase Phase => TechniquePhase.Guidance;

    /// <inheritdoc/>
    public void Check()
    {
        Window.Check("guidance", Start, End);
        PolicyException.Require(Every >= 1, $"guidance.every must be at least 1; it is {Every}.");
        PolicyException.Require(Enum.IsDefined(After), $"guidance.after must be one of {string.Join(", ", PolicyMembers.NamesOf(typeof(GuidanceAfter)))}; it is {PolicyMembers.NameOf(After)}.");
    }

    /// <inheritdoc/>
    public string? Refuses(ITechnique other) => other switch
    {
        Guidance => "'guidance' is given twice: give it once, with start, end and every.",
        TGate when this != new Guidance() => "'guidance' and 'tgate' both decide which branches of guidance run: leave one of them out, or take 'guidance' with 'cache' at attention.",
        _ => null,
    };

    /// <inheritdoc/>
    public void Plan(PlanDraft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        bool[] full = Full(draft.Moments);
        if (!draft.Guided || full.All(guided => guided))
        {
            draft.Note(draft.Guided ? FormattableString.Invariant($"every evaluation lies within {Start} to {End} ('start', 'end') and is guided") : "the request has no guidance that could be left out (its scale is 1, or the network embeds it)");
            return;
        }

        int slot = After == GuidanceAfter.Hold ? draft.TakeSlots() : 0;
        bool held = false;
        for (int e = 0; e < full.Length; e++)
        {
            held |= full[e];
            if (full[e])
            {
                bool needed = After == GuidanceAfter.Hold && e + 1 < full.Length && !full[e + 1];
                draft.Guide(e, Branches.Both, needed ? new GuidanceForm(GuidanceAction.Keep, slot) : default);
                if (needed)
                {
                    // The difference of two foreseen predictions is mostly their errors, and it would be held for long.
                    draft.Refresh(e);
                }
            }
            else
            {
                draft.Guide(
                    e,
                    After == GuidanceAfter.Unconditional ? Branches.Unconditional : Branches.Conditional,
                    After == GuidanceAfter.Hold && held ? new GuidanceForm(GuidanceAction.Recall, slot) : default);
            }
        }
    }

    private bool[] Full(IReadOnlyList<Moment> moments)
    {
        int inside = 0;
        return [.. moments.Select(moment => Window.Contains(moment, Start, End) && inside++ % Every == 0)];
    }
}
