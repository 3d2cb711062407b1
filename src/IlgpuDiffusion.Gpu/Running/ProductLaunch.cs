using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Gpu.Kernels;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

/// <summary>A product with its operands.</summary>
internal sealed class ProductLaunch<TElement, TWeight> : GpuLaunch
    where TElement : unmanaged
    where TWeight : struct, IWeightElement<TElement>
{
    private readonly PortableProduct _prepared;
    private readonly ProductShape _shape;
    private readonly PrologueShape _prologue;
    private readonly int _items;
    private readonly int _result;
    private readonly Action<AcceleratorStream, KernelConfig, ProductShape, ArrayView<float>, ArrayView<TElement>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>> _run;
    private readonly Action<AcceleratorStream, KernelConfig, PrologueShape, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>>? _apply;

    public ProductLaunch(GpuHost host, PortableProduct prepared, ProductShape shape, Place[] places, string path)
        : base(host, places, path)
    {
        (_prepared, _result) = (prepared, prepared.Numbers.Count);
        FusedOperands numbers = prepared.Numbers;
        Shape x = prepared.Types[0].Shape;
        shape.XStride = prepared.Prologue == Prologue.None ? Stride(0) : x.Channels;
        shape.YStride = Stride(_result);
        shape.RowBiasStride = numbers.RowBias < 0 ? 0 : Stride(numbers.RowBias);
        shape.ResidualStride = numbers.Residual < 0 ? 0 : Stride(numbers.Residual);
        _shape = shape;
        int blockRows = ProductKernel.Tile * ProductKernel.BlockTiles / shape.BlockColumns;
        _items = checked(shape.Blocks * ((shape.Rows + blockRows - 1) / blockRows) * ProductKernel.BlockTiles);
        _run = host.Load<ProductShape, ArrayView<float>, ArrayView<TElement>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>>(ProductKernel.Run<TElement, TWeight>);
        if (prepared.Prologue != Prologue.None)
        {
            bool norm = prepared.Prologue == Prologue.LayerNorm;
            _prologue = new PrologueShape
            {
                Rows = x.Rows,
                Channels = x.Channels,
                XStride = Stride(0),
                Kind = (int)prepared.Prologue,
                ScalePixels = norm ? 1 : x.Rows / prepared.Types[numbers.Prologue].Shape.Batch,
                ScaleStride = norm ? 0 : Stride(numbers.Prologue),
                StatisticsStride = norm ? Stride(numbers.Prologue) : 0,
            };
            _apply = host.Load<PrologueShape, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>>(PrologueKernel.Apply);
        }
    }

    /// <inheritdoc/>
    protected override void Start()
    {
        FusedOperands numbers = _prepared.Numbers;
        Shape shape = _prepared.Types[0].Shape;
        ArrayView<float> x = Floats(0, shape);
        if (_apply is not null)
        {
            ArrayView<float> applied = View<float>(_result + 1, shape.Count);
            bool norm = _prepared.Prologue == Prologue.LayerNorm;
            int runs = (shape.Channels + PrologueKernel.Run - 1) / PrologueKernel.Run;
            _apply(
                Host.Stream,
                Host.Items(checked(shape.Rows * runs)),
                _prologue,
                x,
                Operand(norm ? numbers.Prologue + 1 : numbers.Prologue, x),
                norm ? Operand(numbers.Prologue + 2, x) : x,
                norm ? Operand(numbers.Prologue, x) : x,
                applied);
            x = applied;
        }

        _run(
            Host.Stream,
            Host.Items(_items),
            _shape,
            x,
            View<TElement>(1, _prepared.Types[1].Shape.Count),
            Operand(numbers.Bias, x),
            Operand(numbers.RowBias, x),
            Operand(numbers.Residual, x),
            Floats(_result, _prepared.Result));
    }

    // One that is not there is another, which the kernel does not read.
    private ArrayView<float> Operand(int number, ArrayView<float> absent) => number < 0 ? absent : Floats(number, _prepared.Types[number].Shape);
}
