using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>A launch of a merging.</summary>
internal sealed class MergeTokensLaunch<TElement, TFormat> : GpuLaunch
    where TElement : unmanaged
    where TFormat : struct, IElementFormat<TElement>
{
    private readonly Shape _from;
    private readonly Shape _to;
    private readonly TokenGroupParameters _parameters;
    private readonly Action<AcceleratorStream, KernelConfig, TokenGroupParameters, ArrayView<TElement>, ArrayView<int>, ArrayView<TElement>> _kernel;

    public MergeTokensLaunch(GpuHost host, Place[] places, string path, Shape from, Shape to)
        : base(host, places, path)
    {
        (_from, _to) = (from, to);
        ChannelRuns runs = ChannelRuns.Of(to.Rows, to.Channels, host.Grain);
        _parameters = new TokenGroupParameters
        {
            Items = runs.Items,
            Channels = to.Channels,
            Run = runs.Run,
            RunsPerRow = runs.PerRow,
            Tokens = from.Tokens,
            Rows = to.Tokens,
            FromStride = Stride(0),
            FromWay = places[0].Way,
            ToStride = Stride(2),
            ToWay = places[2].Way,
            MatchingStride = Stride(1),
            ByRuns = Divisor.Of(runs.PerRow),
            ByRows = Divisor.Of(to.Tokens),
        };
        _kernel = host.Load<TokenGroupParameters, ArrayView<TElement>, ArrayView<int>, ArrayView<TElement>>(TokenGroupKernel.Merge<TElement, TFormat>);
    }

    /// <inheritdoc/>
    protected override void Start() => _kernel(
        Host.Stream, Host.Items(_parameters.Items), _parameters, View<TElement>(0, Extent(0, _from)), View<int>(1, Extent(1, new Shape(_from.Batch, 1, _from.Tokens, 3))), View<TElement>(2, Extent(2, _to)));
}
