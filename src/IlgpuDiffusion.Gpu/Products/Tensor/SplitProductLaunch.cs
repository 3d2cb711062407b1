using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

/// <summary>A product on tensor cores whose K groups share: the parts' sums into scratch, which is the last operand, then their sum and the epilogue.</summary>
internal sealed class SplitProductLaunch : TensorLaunch, ITensorUser<SplitKernels>
{
    private static readonly GroupForm SumForm = new(SplitSumKernel.Threads, SplitSumKernel.GroupsPerProcessor, 0);

    private readonly GemmShape _shape;
    private readonly GemmShape _part;
    private readonly GroupForm _form;
    private readonly KernelConfig _parts;
    private readonly KernelConfig _rows;
    private readonly SplitKernels _kernels;

    public SplitProductLaunch(GpuHost host, TensorProduct prepared, GemmShape shape, Place[] places, string path)
        : base(host, prepared, places, path)
    {
        (_shape, _form) = (shape, GemmTile.Form(prepared.Columns, prepared.EightWarps));

        // Sums of all columns, gates among them, and nothing else.
        int steps = (shape.K + GemmTile.Depth - 1) / GemmTile.Depth;
        _part = shape with
        {
            StrideC = shape.N,
            Fours = 1,
            Steps = (steps + prepared.Parts - 1) / prepared.Parts,
            TilesN = (shape.N + prepared.Columns - 1) / prepared.Columns,
            HasBias = 0,
            RowsPerRowBias = 0,
            Gated = 0,
            HasResidual = 0,
            Activation = Activation.None,
        };
        _parts = host.Groups(new Index3D(checked(_part.TilesM * _part.TilesN), prepared.Parts, 1), _form);
        _rows = host.Groups(new Index3D((((shape.Outputs + 3) / 4) + SumForm.Items - 1) / SumForm.Items, 1, shape.M), SumForm);
        _kernels = host.WithTensorCores(prepared.Types[0].Type, this);
    }

    /// <summary>The kernels, loaded.</summary>
    public SplitKernels Use<TCores, TNumber>()
        where TCores : struct, ITensorCores
        where TNumber : struct, INumber16 => new(
        Prepared.EightWarps ? Part<TCores, LowTile64>() : Part<TCores, WarpTile64>(),
        Host.Load<Action<AcceleratorStream, KernelConfig, GemmShape, int, ArrayView<F4>, GemmExtras, ArrayView<uint>>>(SplitSumKernel.Run<TCores, Output16<TNumber>>, SumForm));

    /// <inheritdoc/>
    protected override void Start()
    {
        int scratch = Prepared.Numbers.Count + 1;
        long sums = (long)Prepared.Parts * _shape.M * _shape.N;
        _kernels.Part(Host.Stream, _parts, _part, X, Weight, Extras, View<uint>(scratch, sums));
        _kernels.Sum(Host.Stream, _rows, _shape, Prepared.Parts, View<F4>(scratch, sums / 4), Extras, Result);
    }

    private Action<AcceleratorStream, KernelConfig, GemmShape, ArrayView<U4>, ArrayView<U4>, GemmExtras, ArrayView<uint>> Part<TCores, TTile>()
        where TCores : struct, ITensorCores
        where TTile : struct, IWarpTile<TTile> =>
        Host.Load<Action<AcceleratorStream, KernelConfig, GemmShape, ArrayView<U4>, ArrayView<U4>, GemmExtras, ArrayView<uint>>>(
            !_shape.IsPicture ? GemmKernel.Dense<TCores, TTile, Output32>
            : _shape.IsResized ? GemmKernel.Convolution<TCores, TTile, Output32, NearestResize>
            : GemmKernel.Convolution<TCores, TTile, Output32, NoResize>,
            _form);
}

/// <summary>The two kernels of a product in parts.</summary>
/// <param name="Part">A part's sums.</param>
/// <param name="Sum">The sum of the parts, and the epilogue.</param>
internal sealed record SplitKernels(
    Action<AcceleratorStream, KernelConfig, GemmShape, ArrayView<U4>, ArrayView<U4>, GemmExtras, ArrayView<uint>> Part,
    Action<AcceleratorStream, KernelConfig, GemmShape, int, ArrayView<F4>, GemmExtras, ArrayView<uint>> Sum);
