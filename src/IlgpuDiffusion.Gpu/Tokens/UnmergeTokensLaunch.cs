using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>A launch that gives groups back to their tokens, a unit of <typeparamref name="T"/> at a time.</summary>
internal sealed class UnmergeTokensLaunch<T> : GpuLaunch
    where T : unmanaged
{
    private readonly Shape _from;
    private readonly Shape _to;
    private readonly int _size;
    private readonly TokenGroupParameters _parameters;
    private readonly Action<AcceleratorStream, KernelConfig, TokenGroupParameters, ArrayView<T>, ArrayView<int>, ArrayView<T>> _kernel;

    public UnmergeTokensLaunch(GpuHost host, Place[] places, string path, TensorType from, Shape to)
        : base(host, places, path)
    {
        (_from, _to, _size) = (from.Shape, to, from.Type.Size());
        int channels = Units(to.Channels), run = Math.Min(channels, Math.Max(1, Units(host.Grain))), runs = (channels + run - 1) / run;
        _parameters = new TokenGroupParameters
        {
            Items = checked(to.Rows * runs),
            Channels = channels,
            Run = run,
            RunsPerRow = runs,
            Tokens = _from.Tokens,
            Rows = to.Tokens,
            FromStride = Units(Stride(0)),
            ToStride = Units(Stride(2)),
            MatchingStride = Stride(1),
            ByRuns = Divisor.Of(runs),
            ByRows = Divisor.Of(to.Tokens),
        };
        _kernel = host.Load<TokenGroupParameters, ArrayView<T>, ArrayView<int>, ArrayView<T>>(TokenGroupKernel.Unmerge);
    }

    /// <inheritdoc/>
    protected override void Start() => _kernel(
        Host.Stream, Host.Items(_parameters.Items), _parameters, View<T>(0, Units(Extent(0, _from))), View<int>(1, Extent(1, new Shape(_to.Batch, 1, _to.Tokens, 3))), View<T>(2, Units(Extent(2, _to))));

    private int Units(long elements) => checked((int)(elements * _size / Interop.SizeOf<T>()));
}
