using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>A launch of sums of channels.</summary>
internal sealed class RectangleSumsLaunch<TElement, TFormat> : GpuLaunch
    where TElement : unmanaged
    where TFormat : struct, IElementFormat<TElement>
{
    private readonly Shape _from;
    private readonly Shape _to;
    private readonly RectangleSumsParameters _parameters;
    private readonly Action<AcceleratorStream, KernelConfig, RectangleSumsParameters, ArrayView<TElement>, ArrayView<int>, ArrayView<double>> _kernel;

    public RectangleSumsLaunch(GpuHost host, Place[] places, string path, Shape from, Shape to)
        : base(host, places, path)
    {
        (_from, _to) = (from, to);
        int pixels = Math.Max(1, from.Tokens / to.Width), run = Math.Clamp(host.Grain / pixels, 1, from.Channels), runs = (from.Channels + run - 1) / run;
        _parameters = new RectangleSumsParameters
        {
            Items = checked(to.Rows * runs),
            Channels = from.Channels,
            Run = run,
            RunsPerSlot = runs,
            Slots = to.Width,
            Height = from.Height,
            Width = from.Width,
            FromStride = Stride(0),
            ToStride = Stride(2),
            ByRuns = Divisor.Of(runs),
            BySlots = Divisor.Of(to.Width),
        };
        _kernel = host.Load<RectangleSumsParameters, ArrayView<TElement>, ArrayView<int>, ArrayView<double>>(RectangleSumsKernel.Add<TElement, TFormat>);
    }

    /// <inheritdoc/>
    protected override void Start() =>
        _kernel(Host.Stream, Host.Items(_parameters.Items), _parameters, View<TElement>(0, Extent(0, _from)), View<int>(1, 4), View<double>(2, Extent(2, _to)));
}
