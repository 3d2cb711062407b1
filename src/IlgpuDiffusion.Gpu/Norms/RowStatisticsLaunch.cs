using System.Numerics;
using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>In how many shares a row's sums are taken.</summary>
internal static class RowShares
{
    // As many as a warp has lanes.
    private const int Most = 32;

    /// <summary>Shares of a row: eight eights each, at most.</summary>
    public static int Of(int channels) => (int)Math.Min(Most, BitOperations.RoundUpToPowerOf2((uint)((Eights(channels) + Octets.Size - 1) / Octets.Size)));

    /// <summary>Bytes of the shares' sums.</summary>
    public static long Bytes(Shape shape) => (long)shape.Rows * Of(shape.Channels) * 2 * sizeof(float);

    /// <summary>Eights of a row.</summary>
    public static int Eights(int channels) => (channels + Octets.Size - 1) / Octets.Size;
}

/// <summary>A launch of rows' statistics.</summary>
internal sealed class RowStatisticsLaunch<TElement, TFormat> : GpuLaunch
    where TElement : unmanaged
    where TFormat : struct, IElementFormat<TElement>
{
    private readonly Shape _shape;
    private readonly RowStatisticsParameters _parameters;
    private readonly Action<AcceleratorStream, KernelConfig, RowStatisticsParameters, ArrayView<TElement>, ArrayView<float>> _shares;
    private readonly Action<AcceleratorStream, KernelConfig, RowStatisticsParameters, ArrayView<float>, ArrayView<float>> _rows;

    public RowStatisticsLaunch(GpuHost host, Place[] places, string path, Shape shape, double epsilon)
        : base(host, places, path)
    {
        _shape = shape;
        int shares = RowShares.Of(shape.Channels), eights = RowShares.Eights(shape.Channels), perItem = Math.Max(1, host.Grain / shape.Channels);
        _ = checked(shape.Rows * shares * 2);
        _parameters = new RowStatisticsParameters
        {
            Epsilon = epsilon,
            Rows = shape.Rows,
            Channels = shape.Channels,
            FromStride = Stride(0),
            Way = places[0].Way,
            ToStride = Stride(1),
            RowsPerItem = perItem,
            Shares = shares,
            SharesPerItem = host.Grain == 1 ? 1 : perItem * shares,
            Even = eights / shares,
            More = eights % shares,
            CutShare = (eights - 1) % shares,
            Cut = (eights * Octets.Size) - shape.Channels,
            ByShares = Divisor.Of(shares),
        };
        _shares = host.Load<RowStatisticsParameters, ArrayView<TElement>, ArrayView<float>>(RowStatisticsKernel.Shares<TElement, TFormat>);
        _rows = host.Load<RowStatisticsParameters, ArrayView<float>, ArrayView<float>>(RowStatisticsKernel.Rows);
    }

    /// <inheritdoc/>
    protected override void Start()
    {
        int all = _parameters.Rows * _parameters.Shares;
        ArrayView<float> shares = View<float>(2, 2L * all);
        _shares(Host.Stream, Host.Items(Items(all, _parameters.SharesPerItem)), _parameters, View<TElement>(0, Extent(0, _shape)), shares);
        _rows(Host.Stream, Host.Items(Items(_parameters.Rows, _parameters.RowsPerItem)), _parameters, shares, Floats(1, _shape with { Channels = 2 }));
    }

    private static int Items(int all, int each) => (all + each - 1) / each;
}
