namespace IlgpuDiffusion.Acceleration;

/// <summary>
/// Values of a network are kept, and in other evaluations foreseen from what was kept, so that what only they need is not computed. Three choices: where, when, and how a value is foreseen.
/// </summary>
public sealed record Cache : ITechnique
{
    /// <summary>Which values.</summary>
    public required CachePlace Where { get; init; }

    /// <summary>Which evaluations compute them.</summary>
    public CacheSchedule When { get; init; } = new Cadence();

    /// <summary>How the others foresee them.</summary>
    public Forecast How { get; init; } = new Reuse();

    /// <summary>What is taken where both branches were kept and one runs.</summary>
    public BranchReduction Branches { get; init; }

    /// <inheritdoc/>
    public TechniquePhase Phase => TechniquePhase.Caches;

    /// <inheritdoc/>
    public void Check()
    {
        PolicyException.Require(Where is not null && When is not null && How is not null, "A cache needs 'where', 'when' and 'how'.");
        PolicyException.Require(Enum.IsDefined(Branches), $"cache.branches must be one of {string.Join(", ", PolicyMembers.NamesOf(typeof(BranchReduction)))}; it is {PolicyMembers.NameOf(Branches)}.");
        Where!.Check();
        When!.Check();
        How!.Check("cache.how");
    }

    /// <inheritdoc/>
    public void Plan(PlanDraft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        bool[] computed = When.Computed(draft.Moments);
        int recalling = Where.Sites(draft.Sites).Count(pair => new CachedSite(this, draft, pair.Site, pair.From).Plan(computed));
        if (recalling == 0)
        {
            draft.NoteIfIdle(computed.Skip(1).All(one => one) ? $"recalls nothing: all {computed.Length} evaluations compute" : "recalls nothing: where it would, what it keeps is asked for anew, or another technique leaves it out");
        }
    }
}
