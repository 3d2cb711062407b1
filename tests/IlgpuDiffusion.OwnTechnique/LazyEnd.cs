using IlgpuDiffusion.Acceleration;

namespace IlgpuDiffusion.OwnTechnique;

/// <summary>Takes the network's last prediction again in every other evaluation of the end of the schedule.</summary>
public sealed record LazyEnd : ITechnique
{
    /// <summary>Where the end begins, a fraction of the schedule.</summary>
    public double From { get; init; } = 0.5;

    /// <inheritdoc/>
    public TechniquePhase Phase => TechniquePhase.Caches;

    /// <inheritdoc/>
    public void Check()
    {
        if (From is not (>= 0 and <= 1))
        {
            throw new PolicyException($"lazyend.from must be a fraction of the schedule from 0 to 1; it is {From}.");
        }
    }

    /// <inheritdoc/>
    public void Plan(PlanDraft draft)
    {
        LayerSite prediction = draft.Sites.Single(site => site.Kind == SiteKind.Prediction);

        // A slot holds values of one shape, so each set of branches has its own.
        int slots = draft.TakeSlots(4);
        for (int e = 0; e + 1 < draft.Moments.Count; e += 2)
        {
            if (draft.Moments[e].Progress >= From && draft.BranchesAt(e) == draft.BranchesAt(e + 1))
            {
                int slot = slots + (int)draft.BranchesAt(e);
                draft.Decide(e, prediction, new SiteDecision(SiteAction.Keep, slot));
                draft.Decide(e + 1, prediction, new SiteDecision(SiteAction.Recall, slot));
            }
        }
    }
}
