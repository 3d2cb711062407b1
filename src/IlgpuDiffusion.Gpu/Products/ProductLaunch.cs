using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

/// <summary>A product with its operands, its prologue done.</summary>
internal sealed class ProductLaunch<TElement, TFormat, TWeightElement, TWeight> : GpuLaunch
    where TElement : unmanaged
    where TFormat : struct, IElementFormat<TElement>
    where TWeightElement : unmanaged
    where TWeight : struct, IWeightFormat<TWeightElement>
{
    private readonly PortableProduct _prepared;
    private readonly ProductShape _shape;
    private readonly int _items;
    private readonly int _result;
    private readonly Action<AcceleratorStream, KernelConfig, ProductShape, ArrayView<TElement>, ArrayView<TWeightElement>, ArrayView<float>, ArrayView<float>, ArrayView<TElement>, ArrayView<TElement>> _run;

    public ProductLaunch(GpuHost host, PortableProduct prepared, ProductShape shape, Place[] places, string path)
        : base(host, places, path)
    {
        (_prepared, _result) = (prepared, prepared.Numbers.Count);
        FusedOperands numbers = prepared.Numbers;
        shape.XStride = Prologues.Input(prepared.Prologue, numbers, prepared.Types[0], places).RowStride;
        shape.YStride = Stride(_result);
        shape.RowBiasStride = numbers.RowBias < 0 ? 0 : Stride(numbers.RowBias);
        shape.ResidualStride = numbers.Residual < 0 ? 0 : Stride(numbers.Residual);
        _shape = shape;
        int blockRows = ProductKernel.Tile * ProductKernel.BlockTiles / shape.BlockColumns;
        _items = checked(shape.Blocks * ((shape.Rows + blockRows - 1) / blockRows) * ProductKernel.BlockTiles);
        _run = host.Load<ProductShape, ArrayView<TElement>, ArrayView<TWeightElement>, ArrayView<float>, ArrayView<float>, ArrayView<TElement>, ArrayView<TElement>>(
            ProductKernel.Run<TElement, TFormat, TWeightElement, TWeight>);
    }

    /// <inheritdoc/>
    protected override void Start()
    {
        FusedOperands numbers = _prepared.Numbers;
        Shape shape = _prepared.Types[0].Shape;
        ArrayView<TElement> x = _prepared.Prologue == Prologue.None ? View<TElement>(0, Extent(0, shape)) : View<TElement>(_result + 1, shape.Count);
        ArrayView<TElement> y = View<TElement>(_result, Extent(_result, _prepared.Result));
        _run(
            Host.Stream,
            Host.Items(_items),
            _shape,
            x,
            View<TWeightElement>(1, _prepared.Types[1].Shape.Count),
            numbers.Bias < 0 ? Host.Nothing<float>() : Floats(numbers.Bias, _prepared.Types[numbers.Bias].Shape),
            numbers.RowBias < 0 ? Host.Nothing<float>() : Floats(numbers.RowBias, _prepared.Types[numbers.RowBias].Shape),
            numbers.Residual < 0 ? Host.Nothing<TElement>() : View<TElement>(numbers.Residual, Extent(numbers.Residual, _prepared.Result)),
            y);
    }
}
