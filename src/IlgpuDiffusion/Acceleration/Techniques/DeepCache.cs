namespace IlgpuDiffusion.Acceleration;

/// <summary>
/// DeepCache (Ma et al. 2024, arXiv:2312.00858): most evaluations of a UNet run its outer layers only, and take the deep features from the last one that ran whole.
/// A short form of <see cref="Cache"/> at <see cref="DeepFeatures"/>.
/// </summary>
public sealed record DeepCache : IShortForm
{
    /// <summary>Every how many evaluations the network runs whole, counted from the first that is executed (the paper's N).</summary>
    public int Every { get; init; } = 3;

    /// <summary>How many layers, counted from the outside, run in every evaluation beside the last (the reference's <c>cache_branch_id</c>).</summary>
    public int Branch { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ITechnique> Parts => [new Cache { Where = new DeepFeatures { Branch = Branch }, When = new Cadence { Every = Every } }];

    /// <inheritdoc/>
    public void Check()
    {
        PolicyException.Require(Every >= 1, $"deepcache.every must be at least 1; it is {Every}.");
        PolicyException.Require(Branch >= 0, $"deepcache.branch must not be negative; it is {Branch}.");
    }

    /// <inheritdoc/>
    public string? Refuses(ITechnique other) => other is DeepCache ? "'deepcache' is given twice: give it once." : null;
}
