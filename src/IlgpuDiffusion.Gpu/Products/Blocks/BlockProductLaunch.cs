using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

/// <summary>A product in single precision with its operands, its prologue done.</summary>
internal sealed class BlockProductLaunch<TUnits, TElement, TQuads> : GpuLaunch
    where TUnits : struct, IUnits
    where TElement : unmanaged
    where TQuads : struct, IQuads<TElement>
{
    private readonly PortableProduct _prepared;
    private readonly BlockShape _shape;
    private readonly KernelConfig _groups;
    private readonly int _result;
    private readonly Action<AcceleratorStream, KernelConfig, BlockShape, ArrayView<float>, ArrayView<TElement>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>> _run;

    public BlockProductLaunch(GpuHost host, PortableProduct prepared, Place[] places, string path)
        : base(host, places, path)
    {
        (_prepared, _result) = (prepared, prepared.Numbers.Count);
        FusedOperands numbers = prepared.Numbers;
        Place x = Prologues.Input(prepared.Prologue, numbers, prepared.Types[0], places);
        ProductShape p = prepared.Sizes;
        p.XStride = x.RowStride;
        p.YStride = Stride(_result);
        p.RowBiasStride = numbers.RowBias < 0 ? 0 : Stride(numbers.RowBias);
        p.ResidualStride = numbers.Residual < 0 ? 0 : Stride(numbers.Residual);
        int k = p.KernelHeight * p.KernelWidth * p.Inputs, columns = p.Gated != 0 ? BlockTile.Size / 2 : BlockTile.Size;
        _shape = new BlockShape
        {
            Product = p,
            K = k,
            Inputs = Divisor.Of(p.Inputs),
            KernelWidth = Divisor.Of(p.KernelWidth),
            RowFactor = PictureShape.Factor(p.SourceHeight, p.GridHeight),
            ColumnFactor = PictureShape.Factor(p.SourceWidth, p.GridWidth),
            FoursOfX = p.Inputs % 4 == 0 && x.IsWide(0, [x.RowStride]) ? 1 : 0,
            FoursOfWeight = p.WeightInput == 1 && k % 4 == 0 && places[1].Offset % Alignment.Bytes == 0 ? 1 : 0,
            Blocks = (p.Columns + columns - 1) / columns,
        };
        _groups = host.Groups(new Index3D(checked(_shape.Blocks * ((p.Rows + BlockTile.Size - 1) / BlockTile.Size)), 1, 1), BlockTile.Form);
        _run = host.Load<Action<AcceleratorStream, KernelConfig, BlockShape, ArrayView<float>, ArrayView<TElement>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>>>(
            BlockProductKernel.Run<TUnits, TElement, TQuads>, BlockTile.Form);
    }

    /// <inheritdoc/>
    protected override void Start()
    {
        FusedOperands numbers = _prepared.Numbers;
        Shape x = _prepared.Types[0].Shape;
        _run(
            Host.Stream,
            _groups,
            _shape,
            _prepared.Prologue == Prologue.None ? Floats(0, x) : View<float>(_result + 1, x.Count),
            View<TElement>(1, _prepared.Types[1].Shape.Count),
            numbers.Bias < 0 ? Host.Nothing<float>() : Floats(numbers.Bias, _prepared.Types[numbers.Bias].Shape),
            numbers.RowBias < 0 ? Host.Nothing<float>() : Floats(numbers.RowBias, _prepared.Types[numbers.RowBias].Shape),
            numbers.Residual < 0 ? Host.Nothing<float>() : Floats(numbers.Residual, _prepared.Result),
            Floats(_result, _prepared.Result));
    }
}
