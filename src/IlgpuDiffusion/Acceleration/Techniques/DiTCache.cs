namespace IlgpuDiffusion.Acceleration;

/// <summary>
/// The block cache of transformers (Δ-DiT, Chen et al. 2024, arXiv:2406.01125; as DiTCache in mindspore-lab/mindone): in some evaluations the first and the last blocks run, and what those
/// between them have added to the picture's and the text's tokens is added again. A short form of <see cref="Cache"/> at <see cref="BlockRange"/>; as it is, with the published settings of
/// Stable Diffusion 3 medium, for any number of blocks and steps.
/// </summary>
public sealed record DiTCache : IShortForm
{
    /// <summary>The first block that is left out, a fraction of all blocks.</summary>
    public double From { get; init; } = 1.0 / 24;

    /// <summary>The end of those that are left out, a fraction of all blocks.</summary>
    public double To { get; init; } = 21.0 / 24;

    /// <summary>From which part of the schedule on.</summary>
    public double Start { get; init; } = 10.0 / 28;

    /// <summary>Of how many evaluations, from <see cref="Start"/> on, <see cref="Computed"/> run whole; the others of them come first.</summary>
    public int Period { get; init; } = 2;

    /// <summary>How many of each period run whole; 0 for none from <see cref="Start"/> on.</summary>
    public int Computed { get; init; } = 1;

    /// <summary>How what was added is foreseen from what was kept.</summary>
    public Forecast How { get; init; } = new Reuse();

    /// <summary>Evaluations as published: of each <see cref="Period"/> steps one, of the step numbers that leave the rest which the first of them leaves by 2, does not run whole.</summary>
    public bool Compat { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ITechnique> Parts => [new Cache { Where = new BlockRange { From = From, To = To }, When = new DiTCacheSchedule(this), How = How }];

    /// <inheritdoc/>
    public void Check()
    {
        PolicyException.Require(From is >= 0 and <= 1 && To is >= 0 and <= 1 && From < To, $"ditcache.from and to must be fractions of the blocks, from below to; they are {From} and {To}.");
        PolicyException.Require(Start is >= 0 and <= 1, $"ditcache.start must be a fraction of the schedule from 0 to 1; it is {Start}.");
        PolicyException.Require(Period >= 1, $"ditcache.period must be at least 1; it is {Period}.");
        PolicyException.Require(Computed >= 0 && Computed <= Period, $"ditcache.computed must be from 0 to the period of {Period}; it is {Computed}.");
        PolicyException.Require(!Compat || Computed == Period - 1, $"ditcache.compat leaves one of each period out: set ditcache.computed to {Period - 1} with it, not to {Computed}.");
        PolicyException.Require(How is not null, "ditcache.how must say how values are foreseen.");
        How!.Check("ditcache.how");
    }

    /// <inheritdoc/>
    public string? Refuses(ITechnique other) => other switch
    {
        DiTCache => "'ditcache' is given twice: give it once, or take 'cache' at 'blocks'.",
        _ => null,
    };
}

/// <summary>When DiTCache runs all blocks.</summary>
internal sealed record DiTCacheSchedule(DiTCache Settings) : CacheSchedule
{
    public override bool[] Computed(IReadOnlyList<Moment> moments)
    {
        int inside = 0, first = moments.FirstOrDefault(Inside).Step;
        return [.. moments.Select(moment => !Inside(moment) || (Settings.Compat
            ? moment.Step % Settings.Period != first % 2
            : inside++ % Settings.Period >= Settings.Period - Settings.Computed))];
    }

    internal override void Check()
    {
    }

    private bool Inside(Moment moment) => Settings.Start < 1 && moment.Progress >= Settings.Start;
}
