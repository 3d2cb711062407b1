namespace IlgpuDiffusion.Acceleration;

/// <summary>
/// T-GATE (Zhang et al. 2024, arXiv:2404.02747; version 2 of its code): from a gate on, one branch runs, without guidance, and cross-attention gives the mean of what it gave in
/// both branches before; in front of the gate, self-attention is computed in some evaluations only. A short form of <see cref="Guidance"/> and two <see cref="Cache"/>s.
/// </summary>
public sealed record TGate : IShortForm
{
    /// <summary>Where the gate is, a fraction of the schedule; 1 for none.</summary>
    public double Gate { get; init; } = 0.4;

    /// <summary>The part of the schedule in which self-attention is always computed.</summary>
    public double WarmUp { get; init; } = 0.08;

    /// <summary>Every how many evaluations self-attention is computed before the gate (<c>sp_interval</c>).</summary>
    public int SelfEvery { get; init; } = 5;

    /// <summary>The same after the gate (<c>fi_interval</c>).</summary>
    public int SelfEveryAfter { get; init; } = 1;

    /// <inheritdoc/>
    public IEnumerable<ITechnique> Parts =>
    [
        new TGateGuidance(Gate),
        new Cache { Where = new AttentionOutput { Of = SiteKind.CrossAttention }, When = new Cadence { Every = 0, Start = Gate }, Branches = BranchReduction.Mean },
        new Cache { Where = new AttentionOutput { Of = SiteKind.SelfAttention }, When = new TGateSchedule(this), Branches = BranchReduction.Mean },
    ];

    /// <inheritdoc/>
    public void Check()
    {
        PolicyException.Require(Gate is >= 0 and <= 1, $"tgate.gate must be a fraction of the schedule from 0 to 1; it is {Gate}.");
        PolicyException.Require(WarmUp is >= 0 and <= 1, $"tgate.warmUp must be a fraction of the schedule from 0 to 1; it is {WarmUp}.");
        PolicyException.Require(SelfEvery >= 1, $"tgate.selfEvery must be at least 1; it is {SelfEvery}.");
        PolicyException.Require(SelfEveryAfter >= 1, $"tgate.selfEveryAfter must be at least 1; it is {SelfEveryAfter}.");
    }

    /// <inheritdoc/>
    public string? Refuses(ITechnique other) => other is TGate ? "'tgate' is given twice: give it once." : null;

    internal static bool After(Moment moment, double gate) => gate < 1 && moment.Progress >= gate;
}

/// <summary>The gate itself: the last evaluation before it computes all that is kept beyond it.</summary>
internal sealed record TGateGuidance(double Gate) : ITechnique
{
    public TechniquePhase Phase => TechniquePhase.Guidance;

    public void Check()
    {
    }

    public void Plan(PlanDraft draft)
    {
        // What is kept for all that follows must have read the prompt: the first evaluation runs both branches, wherever the gate is.
        bool Gated(int e) => e > 0 && TGate.After(draft.Moments[e], Gate);
        if (!Enumerable.Range(0, draft.Moments.Count).Any(Gated))
        {
            draft.Note(FormattableString.Invariant($"no evaluation begins behind its 'gate' at {Gate} of the schedule"));
        }
        else if (!draft.Guided)
        {
            draft.Note("the request has no guidance that could be left out: only attention is kept");
        }

        if (draft.Moments.Any(moment => moment.Controls != 0 && TGate.After(moment, Gate)))
        {
            draft.Note($"behind its 'gate' the ControlNet still reads the {(draft.Guided ? "negative " : "")}prompt, and computes all of its attention");
        }

        for (int e = 0; e < draft.Moments.Count; e++)
        {
            if (Gated(e))
            {
                if (draft.Guided)
                {
                    draft.Guide(e, Branches.Unconditional);
                }
            }
            else if (e + 1 < draft.Moments.Count && Gated(e + 1))
            {
                draft.Refresh(e);
            }
        }
    }
}

/// <summary>When T-GATE computes self-attention.</summary>
internal sealed record TGateSchedule(TGate Settings) : CacheSchedule
{
    public override bool[] Computed(IReadOnlyList<Moment> moments)
    {
        bool warm = false;
        return [.. moments.Select(moment =>
        {
            if (TGate.After(moment, Settings.Gate))
            {
                return moment.Evaluation % Settings.SelfEveryAfter == 0;
            }

            bool first = !warm && moment.Progress >= Settings.WarmUp;
            warm |= first;
            return !warm || first || moment.Evaluation % Settings.SelfEvery == 0;
        })];
    }

    internal override void Check()
    {
    }
}
