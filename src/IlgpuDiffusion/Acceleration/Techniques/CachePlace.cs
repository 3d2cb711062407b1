using System.Text.Json.Serialization;

namespace IlgpuDiffusion.Acceleration;

/// <summary>Where a cache keeps: the sites whose values it recalls.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(DeepFeatures), "deepFeatures")]
[JsonDerivedType(typeof(AttentionOutput), "attention")]
[JsonDerivedType(typeof(BlockRange), "blocks")]
[JsonDerivedType(typeof(WholePrediction), "prediction")]
public abstract record CachePlace
{
    /// <summary>Caches that spare more decide first: their order.</summary>
    public abstract int Depth { get; }

    /// <summary>Of equal depth, those that spare more decide first too, whatever the order in which they are given.</summary>
    internal virtual (double, double) Rank => default;

    /// <summary>The sites, and for each the earlier site to which the difference is kept, or null.</summary>
    /// <exception cref="PolicyException">The network has none.</exception>
    public abstract IReadOnlyList<(LayerSite Site, LayerSite? From)> Sites(IReadOnlyList<LayerSite> all);

    internal abstract void Check();
}

/// <summary>What enters a layer of a UNet's way up: all that is deeper is spared, and on the way down what only it reads.</summary>
public sealed record DeepFeatures : CachePlace
{
    /// <summary>Which layer, counted from the last one, which is 0.</summary>
    public int Branch { get; init; }

    /// <inheritdoc/>
    public override int Depth => 2;

    internal override (double, double) Rank => (Branch, 0);

    /// <inheritdoc/>
    public override IReadOnlyList<(LayerSite Site, LayerSite? From)> Sites(IReadOnlyList<LayerSite> all)
    {
        LayerSite[] layers = [.. all.Where(site => site.Kind == SiteKind.UpLayer)];
        PolicyException.Require(layers.Length > 0, "A cache of deep features needs a network with a way up (a UNet); this one has none. Take a cache of blocks or of the prediction.");
        PolicyException.Require(Branch < layers.Length, $"The branch of a cache of deep features is {Branch}, but this network's way up has {layers.Length} layers: 0 to {layers.Length - 1}.");
        return [(layers[^(1 + Branch)], null)];
    }

    internal override void Check() => PolicyException.Require(Branch >= 0, $"cache.where.branch must not be negative; it is {Branch}.");
}

/// <summary>What attention gives, after its output projection and before it is added to its input.</summary>
public sealed record AttentionOutput : CachePlace
{
    /// <summary>Which attention: <see cref="SiteKind.SelfAttention"/> or <see cref="SiteKind.CrossAttention"/>.</summary>
    public SiteKind Of { get; init; } = SiteKind.CrossAttention;

    /// <inheritdoc/>
    public override int Depth => 3;

    /// <inheritdoc/>
    public override IReadOnlyList<(LayerSite Site, LayerSite? From)> Sites(IReadOnlyList<LayerSite> all)
    {
        (LayerSite Site, LayerSite? From)[] sites = [.. all.Where(site => site.Kind == Of).Select(site => (site, (LayerSite?)null))];
        PolicyException.Require(sites.Length > 0, $"A cache of attention ('{PolicyMembers.NameOf(Of)}') needs a network that has such layers; this one has none.");
        return sites;
    }

    internal override void Check() => PolicyException.Require(Of is SiteKind.SelfAttention or SiteKind.CrossAttention, $"cache.where.of must be selfAttention or crossAttention; it is {PolicyMembers.NameOf(Of)}.");
}

/// <summary>
/// A range of blocks: what it adds to what enters it is kept and added again (Δ-DiT, Chen et al. 2024, arXiv:2406.01125); where it changes the grid or the channels, as in a UNet, what leaves it is kept.
/// Of a network of two streams both are.
/// </summary>
public sealed record BlockRange : CachePlace
{
    /// <summary>The first block, a fraction of all blocks.</summary>
    public double From { get; init; }

    /// <summary>The end, a fraction of all blocks.</summary>
    public double To { get; init; } = 1;

    /// <inheritdoc/>
    public override int Depth => 1;

    // The wider range; of equally wide ones that which begins earlier.
    internal override (double, double) Rank => (From - To, From);

    /// <inheritdoc/>
    public override IReadOnlyList<(LayerSite Site, LayerSite? From)> Sites(IReadOnlyList<LayerSite> all)
    {
        LayerSite[] blocks = [.. all.Where(site => site.Kind == SiteKind.Block)];
        (int first, int end) = ((int)Math.Round(From * blocks.Length), (int)Math.Round(To * blocks.Length));
        PolicyException.Require(end > first, $"The range of blocks from {From} to {To} holds none of this network's {blocks.Length}; take a wider one.");
        LayerSite last = blocks[end - 1];
        List<(LayerSite Site, LayerSite? From)> sites = [Pair(last, first > 0 ? blocks[first - 1] : Find(all, SiteKind.Input, null))];
        if (Find(all, SiteKind.TextBlock, last.Path) is { } text)
        {
            sites.Add(Pair(text, first > 0 ? Find(all, SiteKind.TextBlock, blocks[first - 1].Path) : Find(all, SiteKind.TextInput, null)));
        }

        return sites;
    }

    private static LayerSite? Find(IReadOnlyList<LayerSite> all, SiteKind kind, string? path) =>
        all.Where(site => site.Kind == kind && (path is null || site.Path == path)).Select(site => (LayerSite?)site).FirstOrDefault();

    // The difference to what enters, where the two can be subtracted.
    private static (LayerSite Site, LayerSite? From) Pair(LayerSite last, LayerSite? entry) => (last, entry is { } from && from.Grid == last.Grid && from.Channels == last.Channels ? entry : null);

    internal override void Check() => PolicyException.Require(From is >= 0 and <= 1 && To is >= 0 and <= 1 && From < To, $"cache.where.from and to must be fractions of the blocks, from below to; they are {From} and {To}.");
}

/// <summary>What the whole network predicts: an evaluation that recalls it costs next to nothing.</summary>
public sealed record WholePrediction : CachePlace
{
    /// <inheritdoc/>
    public override int Depth => 0;

    /// <inheritdoc/>
    public override IReadOnlyList<(LayerSite Site, LayerSite? From)> Sites(IReadOnlyList<LayerSite> all)
    {
        (LayerSite Site, LayerSite? From)[] sites = [.. all.Where(site => site.Kind == SiteKind.Prediction).Select(site => (site, (LayerSite?)null))];
        PolicyException.Require(sites.Length > 0, "This network has no prediction that could be kept.");
        return sites;
    }

    internal override void Check()
    {
    }
}
