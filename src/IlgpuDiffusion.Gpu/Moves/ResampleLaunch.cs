using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>A launch of a resampling.</summary>
internal sealed class ResampleLaunch<TElement, TFormat> : GpuLaunch
    where TElement : unmanaged
    where TFormat : struct, IElementFormat<TElement>
{
    private readonly TensorType[] _types;
    private readonly Shape _to;
    private readonly ResampleParameters _parameters;
    private readonly Action<AcceleratorStream, KernelConfig, ResampleParameters, ArrayView<TElement>, ArrayView<int>, ArrayView<float>, ArrayView<int>, ArrayView<float>, ArrayView<TElement>> _kernel;

    public ResampleLaunch(GpuHost host, Place[] places, string path, TensorType[] types, Shape to)
        : base(host, places, path)
    {
        (_types, _to) = (types, to);
        Shape from = types[0].Shape;
        _parameters = new ResampleParameters
        {
            Walk = GridWalk.Of(to, to.Channels, ChannelRuns.Of(to.Rows, to.Channels, host.Grain).Run),
            FromHeight = from.Height,
            FromWidth = from.Width,
            FromStride = Stride(0),
            FromWay = places[0].Way,
            ToStride = Stride(5),
            ToWay = places[5].Way,
            RowTaps = types[1].Shape.Channels,
            RowStride = Stride(1),
            RowWeightStride = Stride(2),
            ColumnTaps = types[3].Shape.Channels,
            ColumnStride = Stride(3),
            ColumnWeightStride = Stride(4),
        };
        _kernel = host.Load<ResampleParameters, ArrayView<TElement>, ArrayView<int>, ArrayView<float>, ArrayView<int>, ArrayView<float>, ArrayView<TElement>>(ResampleKernel.Run<TElement, TFormat>);
    }

    /// <inheritdoc/>
    protected override void Start() => _kernel(
        Host.Stream,
        Host.Items(_parameters.Walk.Items),
        _parameters,
        View<TElement>(0, Extent(0, _types[0].Shape)),
        View<int>(1, Extent(1, _types[1].Shape)),
        Floats(2, _types[2].Shape),
        View<int>(3, Extent(3, _types[3].Shape)),
        Floats(4, _types[4].Shape),
        View<TElement>(5, Extent(5, _to)));
}

/// <summary>How the channels of rows are divided over items: runs of a multiple of eight.</summary>
/// <param name="Items">Items in all.</param>
/// <param name="Run">Channels of a run.</param>
/// <param name="PerRow">Runs of a row.</param>
internal readonly record struct ChannelRuns(int Items, int Run, int PerRow)
{
    /// <summary>For so many rows of so many channels, at least <paramref name="grain"/> of them an item where there are as many.</summary>
    public static ChannelRuns Of(int rows, int channels, int grain)
    {
        int run = Math.Min((channels + Octets.Size - 1) / Octets.Size, Math.Max(1, grain / Octets.Size)) * Octets.Size;
        int perRow = (channels + run - 1) / run;
        return new ChannelRuns(checked(rows * perRow), run, perRow);
    }
}
