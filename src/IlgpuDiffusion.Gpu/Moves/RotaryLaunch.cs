using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>A launch of turned pairs; its operands are x, the table and the result.</summary>
internal sealed class RotaryLaunch<TElement, TFormat> : GpuLaunch
    where TElement : unmanaged
    where TFormat : struct, IElementFormat<TElement>
{
    private readonly Shape _shape;
    private readonly Shape _table;
    private readonly RotaryParameters _parameters;
    private readonly Action<AcceleratorStream, KernelConfig, RotaryParameters, ArrayView<TElement>, ArrayView<float>, ArrayView<TElement>> _run;

    public RotaryLaunch(GpuHost host, Place[] places, string path, Shape shape, Shape table, int heads)
        : base(host, places, path)
    {
        (_shape, _table) = (shape, table);
        _ = checked(shape.Rows * Math.Max(Stride(0), Stride(2)));
        int channels = shape.Channels / heads;
        _parameters = new RotaryParameters
        {
            Parts = checked(shape.Rows * heads),
            PerItem = Math.Max(1, host.Grain / channels),
            Heads = heads,
            Tokens = shape.Tokens,
            Channels = channels,
            Still = channels - table.Channels,
            FromStride = Stride(0),
            TableStride = Stride(1),
            ToStride = Stride(2),
            ByHeads = Divisor.Of(heads),
            ByTokens = Divisor.Of(shape.Tokens),
        };
        _run = host.Load<RotaryParameters, ArrayView<TElement>, ArrayView<float>, ArrayView<TElement>>(RotaryKernel.Run<TElement, TFormat>);
    }

    /// <inheritdoc/>
    protected override void Start() => _run(
        Host.Stream,
        Host.Items((_parameters.Parts + _parameters.PerItem - 1) / _parameters.PerItem),
        _parameters,
        View<TElement>(0, Extent(0, _shape)),
        Floats(1, _table),
        View<TElement>(2, Extent(2, _shape)));
}
