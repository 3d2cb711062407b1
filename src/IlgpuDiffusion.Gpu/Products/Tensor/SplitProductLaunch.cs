using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

/// <summary>A product on tensor cores whose K groups share: the parts' sums into scratch, which is the last operand, then their sum and the epilogue.</summary>
internal sealed class SplitProductLaunch : GpuLaunch, ITensorUser<SplitKernels>
{
    private static readonly GroupForm SumForm = new(SplitSumKernel.Threads, SplitSumKernel.GroupsPerProcessor, 0);

    private readonly TensorProduct _prepared;
    private readonly GemmShape _shape;
    private readonly GemmShape _part;
    private readonly GroupForm _form;
    private readonly KernelConfig _parts;
    private readonly KernelConfig _rows;
    private readonly SplitKernels _kernels;

    public SplitProductLaunch(GpuHost host, TensorProduct prepared, GemmShape shape, Place[] places, string path)
        : base(host, places, path)
    {
        (_prepared, _shape, _form) = (prepared, shape, GemmTile.Form(prepared.Columns, prepared.EightWarps));

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
        _prepared.EightWarps ? Part<TCores, LowTile64>() : Part<TCores, WarpTile64>(),
        Host.Load<Action<AcceleratorStream, KernelConfig, GemmShape, int, ArrayView<F4>, GemmExtras, ArrayView<uint>>>(SplitSumKernel.Run<TCores, Output16<TNumber>>, SumForm));

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
        long sums = (long)_prepared.Parts * _shape.M * _shape.N;
        _kernels.Part(Host.Stream, _parts, _part, View<U4>(0, Extent(0, _prepared.Types[0].Shape) / 8), View<U4>(1, _prepared.Types[1].Shape.Count / 8), extras, View<uint>(numbers.Count + 1, sums));
        _kernels.Sum(Host.Stream, _rows, _shape, _prepared.Parts, View<F4>(numbers.Count + 1, sums / 4), extras, Numbers(numbers.Count));
    }

    private Action<AcceleratorStream, KernelConfig, GemmShape, ArrayView<U4>, ArrayView<U4>, GemmExtras, ArrayView<uint>> Part<TCores, TTile>()
        where TCores : struct, ITensorCores
        where TTile : struct, IWarpTile<TTile> =>
        Host.Load<Action<AcceleratorStream, KernelConfig, GemmShape, ArrayView<U4>, ArrayView<U4>, GemmExtras, ArrayView<uint>>>(
            !_shape.IsPicture ? GemmKernel.Dense<TCores, TTile, Output32>
            : _shape.IsResized ? GemmKernel.Convolution<TCores, TTile, Output32, NearestResize>
            : GemmKernel.Convolution<TCores, TTile, Output32, NoResize>,
            _form);

    // 16-bit numbers of the result's shape as words, the last of which may be half beyond it.
    private ArrayView<uint> Numbers(int operand) => View<uint>(operand, (Extent(operand, _prepared.Result.Shape) + 1) / 2);
}

/// <summary>The two kernels of a product in parts.</summary>
/// <param name="Part">A part's sums.</param>
/// <param name="Sum">The sum of the parts, and the epilogue.</param>
internal sealed record SplitKernels(
    Action<AcceleratorStream, KernelConfig, GemmShape, ArrayView<U4>, ArrayView<U4>, GemmExtras, ArrayView<uint>> Part,
    Action<AcceleratorStream, KernelConfig, GemmShape, int, ArrayView<F4>, GemmExtras, ArrayView<uint>> Sum);
