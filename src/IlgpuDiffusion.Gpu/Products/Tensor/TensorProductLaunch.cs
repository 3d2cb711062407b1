using ILGPU;
using IlgpuDiffusion.Graphs;
using Launcher = System.Action<ILGPU.Runtime.AcceleratorStream, ILGPU.KernelConfig, IlgpuDiffusion.Gpu.GemmShape, ILGPU.ArrayView<IlgpuDiffusion.Gpu.U4>, ILGPU.ArrayView<IlgpuDiffusion.Gpu.U4>, IlgpuDiffusion.Gpu.GemmExtras, ILGPU.ArrayView<uint>>;

namespace IlgpuDiffusion.Gpu;

/// <summary>A product on tensor cores with its operands.</summary>
internal sealed class TensorProductLaunch : TensorLaunch, ITensorUser<Launcher>
{
    private readonly GemmShape _shape;
    private readonly GroupForm _form;
    private readonly KernelConfig _groups;
    private readonly Launcher _run;

    public TensorProductLaunch(GpuHost host, TensorProduct prepared, GemmShape shape, Place[] places, string path)
        : base(host, prepared, places, path)
    {
        _shape = shape;
        _form = GemmTile.Form(prepared.Columns, prepared.EightWarps);
        _groups = host.Groups(new Index3D(checked(shape.TilesM * shape.TilesN), 1, 1), _form);
        _run = host.WithTensorCores(prepared.Types[0].Type, this);
    }

    /// <summary>The kernel, loaded.</summary>
    public Launcher Use<TCores, TNumber>()
        where TCores : struct, ITensorCores
        where TNumber : struct, INumber16 => (Prepared.Columns == TileChoice.Wide, Prepared.EightWarps) switch
        {
            (false, false) => Tile<TCores, TNumber, WarpTile64>(),
            (true, false) => Tile<TCores, TNumber, WarpTile80>(),
            (false, true) => Tile<TCores, TNumber, LowTile64>(),
            (true, true) => Tile<TCores, TNumber, LowTile80>(),
        };

    /// <inheritdoc/>
    protected override void Start() => _run(Host.Stream, _groups, _shape, X, Weight, Extras, Result);

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
