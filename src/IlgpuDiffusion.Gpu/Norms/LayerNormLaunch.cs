using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>Which layer norms are one kernel.</summary>
internal static class LayerNormForm
{
    /// <summary>What its groups need.</summary>
    public static readonly GroupForm Form = new(LayerNormKernel.Threads, LayerNormKernel.GroupsPerProcessor, 0);

    /// <summary>Whether rows of a shape are: where there are warps of 32, and a row fits into a warp's registers.</summary>
    public static bool Takes(GpuHost host, Shape x) =>
        (host.Kind == GpuKind.Cuda || host.TensorCores == TensorCoreKind.Emulated) && x.Channels % Octets.Size == 0 && x.Channels <= LayerNormKernel.Channels;
}

/// <summary>A launch of a layer norm; its operands are x, γ, β and the result.</summary>
internal sealed class LayerNormLaunch<TElement, TFormat> : GpuLaunch
    where TElement : unmanaged
    where TFormat : struct, IElementFormat<TElement>
{
    private readonly Shape _shape;
    private readonly Shape _gamma;
    private readonly Shape _beta;
    private readonly LayerNormShape _parameters;
    private readonly KernelConfig _groups;
    private readonly Action<AcceleratorStream, KernelConfig, LayerNormShape, ArrayView<TElement>, ArrayView<float>, ArrayView<float>, ArrayView<TElement>> _run;

    public LayerNormLaunch(GpuHost host, Place[] places, string path, Shape shape, Shape gamma, Shape beta, double epsilon)
        : base(host, places, path)
    {
        (_shape, _gamma, _beta) = (shape, gamma, beta);
        int tables = Math.Max(gamma.Batch, beta.Batch);
        _ = checked(shape.Rows * Math.Max(Stride(0), Stride(3)));
        _parameters = new LayerNormShape
        {
            Rows = shape.Rows,
            Eights = shape.Channels / Octets.Size,
            OneByChannels = 1f / shape.Channels,
            Epsilon = (float)epsilon,
            FromStride = Stride(0),
            FromWay = places[0].Way,
            ToStride = Stride(3),
            ToWay = places[3].Way,
            TableWay = places[1].IsWide(0, [Step(1, gamma)]) && places[2].IsWide(0, [Step(2, beta)]) ? Octets.Wide : Octets.Single,
            GammaStride = Step(1, gamma),
            BetaStride = Step(2, beta),
            ByTableRows = Divisor.Of(shape.Rows / tables),
        };
        _groups = host.Groups(new Index3D((shape.Rows + LayerNormKernel.Rows - 1) / LayerNormKernel.Rows, 1, 1), LayerNormForm.Form);
        _run = host.Load<Action<AcceleratorStream, KernelConfig, LayerNormShape, ArrayView<TElement>, ArrayView<float>, ArrayView<float>, ArrayView<TElement>>>(
            (Action<LayerNormShape, ArrayView<TElement>, ArrayView<float>, ArrayView<float>, ArrayView<TElement>>)LayerNormKernel.Run<TElement, TFormat>, LayerNormForm.Form);
    }

    /// <inheritdoc/>
    protected override void Start() =>
        _run(Host.Stream, _groups, _parameters, View<TElement>(0, Extent(0, _shape)), Floats(1, _gamma), Floats(2, _beta), View<TElement>(3, Extent(3, _shape)));

    // One table of all images is read again and again.
    private int Step(int operand, Shape table) => table.Batch == 1 ? 0 : Stride(operand);
}
