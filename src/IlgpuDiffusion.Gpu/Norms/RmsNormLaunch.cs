using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

/// <summary>A launch of a root mean square norm; its operands are x, γ and the result.</summary>
internal sealed class RmsNormLaunch<TElement, TFormat> : GpuLaunch
    where TElement : unmanaged
    where TFormat : struct, IElementFormat<TElement>
{
    private readonly Shape _shape;
    private readonly RmsNormParameters _parameters;
    private readonly Action<AcceleratorStream, KernelConfig, RmsNormParameters, ArrayView<TElement>, ArrayView<float>, ArrayView<TElement>> _run;

    public RmsNormLaunch(GpuHost host, Place[] places, string path, Shape shape, RmsNorm op)
        : base(host, places, path)
    {
        _shape = shape;
        _ = checked(shape.Rows * Math.Max(Stride(0), Stride(2)));
        int channels = shape.Channels / op.Heads;

        // A part that begins in the middle of an eight is read one by one.
        int Way(int place) => channels % Octets.Size == 0 ? places[place].Way : Octets.Single;
        _parameters = new RmsNormParameters
        {
            Parts = checked(shape.Rows * op.Heads),
            PerItem = Math.Max(1, host.Grain / shape.Channels),
            Heads = op.Heads,
            Channels = channels,
            OneByChannels = 1f / channels,
            Epsilon = (float)op.Epsilon,
            FromStride = Stride(0),
            FromWay = Way(0),
            ToStride = Stride(2),
            ToWay = Way(2),
            TableWay = places[1].IsWide(0, []) ? Octets.Wide : Octets.Single,
            ByHeads = Divisor.Of(op.Heads),
        };
        _run = host.Load<RmsNormParameters, ArrayView<TElement>, ArrayView<float>, ArrayView<TElement>>(RmsNormKernel.Run<TElement, TFormat>);
    }

    /// <inheritdoc/>
    protected override void Start() => _run(
        Host.Stream,
        Host.Items((_parameters.Parts + _parameters.PerItem - 1) / _parameters.PerItem),
        _parameters,
        View<TElement>(0, Extent(0, _shape)),
        View<float>(1, _parameters.Channels),
        View<TElement>(2, Extent(2, _shape)));
}
