using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>A launch of a matching: five kernels, between them one over each norm, each token's best similarity and its target.</summary>
internal sealed class TokenMatchLaunch<TElement, TFormat> : GpuLaunch
    where TElement : unmanaged
    where TFormat : struct, IElementFormat<TElement>
{
    private readonly Shape _metric;
    private readonly Shape _destinations;
    private readonly TokenMatchParameters _byChannels;
    private readonly TokenMatchParameters _byPairs;
    private readonly TokenMatchParameters _byTokens;
    private readonly Action<AcceleratorStream, KernelConfig, TokenMatchParameters, ArrayView<TElement>, ArrayView<float>> _norms;
    private readonly Action<AcceleratorStream, KernelConfig, TokenMatchParameters, ArrayView<TElement>, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<int>> _match;
    private readonly Action<AcceleratorStream, KernelConfig, TokenMatchParameters, ArrayView<float>, ArrayView<int>> _rank;
    private readonly Action<AcceleratorStream, KernelConfig, TokenMatchParameters, ArrayView<int>, ArrayView<int>> _number;
    private readonly Action<AcceleratorStream, KernelConfig, TokenMatchParameters, ArrayView<int>, ArrayView<int>> _order;

    public TokenMatchLaunch(GpuHost host, Place[] places, string path, Shape metric, Shape destinations, int merged)
        : base(host, places, path)
    {
        (_metric, _destinations) = (metric, destinations);
        TokenMatchParameters parameters = new()
        {
            All = metric.Rows,
            Tokens = metric.Tokens,
            Channels = metric.Channels,
            MetricStride = Stride(0),
            Way = places[0].Way,
            Destinations = destinations.Width,
            DestinationStride = Stride(1),
            Merged = merged,
            ResultStride = Stride(2),
            ByTokens = Divisor.Of(metric.Tokens),
        };
        (_byChannels, _byPairs, _byTokens) = (parameters, parameters, parameters);
        _byChannels.PerItem = Math.Max(1, host.Grain / metric.Channels);
        _byPairs.PerItem = Math.Max(1, host.Grain / checked(metric.Channels * destinations.Width));
        _byTokens.PerItem = Math.Max(1, host.Grain / metric.Tokens);
        _norms = host.Load<TokenMatchParameters, ArrayView<TElement>, ArrayView<float>>(TokenMatchKernel.Norms<TElement, TFormat>);
        _match = host.Load<TokenMatchParameters, ArrayView<TElement>, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<int>>(TokenMatchKernel.Match<TElement, TFormat>);
        _rank = host.Load<TokenMatchParameters, ArrayView<float>, ArrayView<int>>(TokenMatchKernel.Rank);
        _number = host.Load<TokenMatchParameters, ArrayView<int>, ArrayView<int>>(TokenMatchKernel.Number);
        _order = host.Load<TokenMatchParameters, ArrayView<int>, ArrayView<int>>(TokenMatchKernel.Order);
    }

    /// <inheritdoc/>
    protected override void Start()
    {
        int all = _metric.Rows;
        ArrayView<TElement> metric = View<TElement>(0, Extent(0, _metric));
        ArrayView<float> scratch = View<float>(3, 3L * all), inverse = scratch.SubView(0, all), similarities = scratch.SubView(all, all);
        ArrayView<int> targets = View<int>(3, 3L * all).SubView(2 * all, all), result = View<int>(2, Extent(2, new Shape(_metric.Batch, 1, _metric.Tokens, 3)));
        _norms(Host.Stream, Items(_byChannels), _byChannels, metric, inverse);
        _match(Host.Stream, Items(_byPairs), _byPairs, metric, View<int>(1, Extent(1, _destinations)), inverse, similarities, targets);
        _rank(Host.Stream, Items(_byTokens), _byTokens, similarities, targets);
        _number(Host.Stream, Items(_byTokens), _byTokens, targets, result);
        _order(Host.Stream, Items(_byTokens), _byTokens, targets, result);
    }

    private KernelConfig Items(in TokenMatchParameters p) => Host.Items((p.All + p.PerItem - 1) / p.PerItem);
}
