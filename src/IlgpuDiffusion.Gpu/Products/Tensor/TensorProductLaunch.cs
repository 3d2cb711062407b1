using ILGPU;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using Launcher = System.Action<ILGPU.Runtime.AcceleratorStream, ILGPU.KernelConfig, IlgpuDiffusion.Gpu.GemmShape, ILGPU.ArrayView<IlgpuDiffusion.Gpu.U4>, ILGPU.ArrayView<IlgpuDiffusion.Gpu.U4>, IlgpuDiffusion.Gpu.GemmExtras, ILGPU.ArrayView<uint>>;

namespace IlgpuDiffusion.Gpu;

/// <summary>A product on tensor cores with its operands.</summary>
internal sealed class TensorProductLaunch : GpuLaunch, ITensorUser<Launcher>
{
    private readonly TensorProduct _prepared;
    private readonly GemmShape _shape;
    private readonly GroupForm _form;
    private readonly KernelConfig _groups;
    private readonly Launcher _run;

    public TensorProductLaunch(GpuHost host, TensorProduct prepared, GemmShape shape, Place[] places, string path)
        : base(host, places, path)
    {
        (_prepared, _shape) = (prepared, shape);
        _form = GemmTile.Form(prepared.Columns, prepared.EightWarps);
        _groups = host.Groups(new Index3D(checked(shape.TilesM * shape.TilesN), 1, 1), _form);
        _run = host.WithTensorCores(prepared.Types[0].Type, this);
    }

    /// <summary>The kernel, loaded.</summary>
    public Launcher Use<TCores, TNumber>()
        where TCores : struct, ITensorCores
        where TNumber : struct, INumber16 => (_prepared.Columns == TileChoice.Wide, _prepared.EightWarps) switch
        {
            (false, false) => Tile<TCores, TNumber, WarpTile64>(),
            (true, false) => Tile<TCores, TNumber, WarpTile80>(),
            (false, true) => Tile<TCores, TNumber, LowTile64>(),
            (true, true) => Tile<TCores, TNumber, LowTile80>(),
        };

    /// <inheritdoc/>
    protected override void Start()
    {
        FusedOperands numbers = _prepared.Numbers;
        ArrayView<float> none = View<float>(0, 1);
        GemmExtras extras = new()
        {
            Bias = numbers.Bias < 0 ? none : Floats(numbers.Bias, _prepared.Types[numbers.Bias].Shape),
            RowBias = numbers.RowBias < 0 ? none : Floats(numbers.RowBias, _prepared.Types[numbers.RowBias].Shape),
            Residual = Numbers(numbers.Residual < 0 ? numbers.Count : numbers.Residual),
        };
        _run(
            Host.Stream,
            _groups,
            _shape,
            View<U4>(0, Extent(0, _prepared.Types[0].Shape) / 8),
            View<U4>(1, _prepared.Types[1].Shape.Count / 8),
            extras,
            Numbers(numbers.Count));
    }

    // 16-bit numbers of the result's shape as words, the last of which may be half beyond it.
    private ArrayView<uint> Numbers(int operand) => View<uint>(operand, (Extent(operand, _prepared.Result.Shape) + 1) / 2);

    private Launcher Tile<TCores, TNumber, TTile>()
        where TCores : struct, ITensorCores
        where TNumber : struct, INumber16
        where TTile : struct, IWarpTile<TTile> =>
        Host.Load<Launcher>(
            !_shape.IsPicture ? GemmKernel.Dense<TCores, TTile, Output16<TNumber>>
            : _shape.IsResized ? GemmKernel.Convolution<TCores, TTile, Output16<TNumber>, NearestResize>
            : GemmKernel.Convolution<TCores, TTile, Output16<TNumber>, NoResize>,
            _form);
}
