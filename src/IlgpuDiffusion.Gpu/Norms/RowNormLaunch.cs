using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>Which norms of rows are one kernel, their rows in registers.</summary>
internal static class RowNormForm
{
    /// <summary>What its groups need.</summary>
    public static readonly GroupForm Form = new(RowNormKernel.Threads, RowNormKernel.GroupsPerProcessor, 0);

    /// <summary>Whether rows of so many channels are: where there are warps of 32, and a row fits into a group's registers.</summary>
    public static bool Takes(GpuHost host, int channels) => host.HasWarps && channels % Octets.Size == 0 && channels <= RowNormKernel.Channels;
}

/// <summary>A launch of a norm of rows; its operands are x, γ, β if there is one, and the result.</summary>
internal sealed class RowNormLaunch<TNorm, TElement, TFormat> : GpuLaunch
    where TNorm : struct, IRowNorm
    where TElement : unmanaged
    where TFormat : struct, IElementFormat<TElement>
{
    private readonly Shape _shape;
    private readonly Shape _table;
    private readonly int _beta;
    private readonly int _result;
    private readonly RowNormShape _parameters;
    private readonly KernelConfig _groups;
    private readonly Action<AcceleratorStream, KernelConfig, RowNormShape, ArrayView<TElement>, ArrayView<float>, ArrayView<float>, ArrayView<TElement>> _run;

    /// <param name="host">The device.</param>
    /// <param name="places">The operands.</param>
    /// <param name="path">The module.</param>
    /// <param name="shape">The shape of x.</param>
    /// <param name="table">The shape of γ and β.</param>
    /// <param name="parts">Into how many rows a grid point's channels are divided.</param>
    /// <param name="epsilon">ε.</param>
    public RowNormLaunch(GpuHost host, Place[] places, string path, Shape shape, Shape table, int parts, double epsilon)
        : base(host, places, path)
    {
        (_shape, _table, _beta, _result) = (shape, table, TNorm.HasMean ? 2 : 1, TNorm.HasMean ? 3 : 2);
        _ = checked(shape.Rows * Math.Max(Stride(0), Stride(_result)));
        int channels = shape.Channels / parts, rows = checked(shape.Rows * parts), eights = channels / Octets.Size;
        _parameters = new RowNormShape
        {
            Rows = rows,
            Eights = eights,
            ItemBits = RowNormKernel.ItemBits(eights),
            OneByChannels = 1f / channels,
            Epsilon = (float)epsilon,
            Parts = parts,
            FromStride = Stride(0),
            FromWay = places[0].Way,
            ToStride = Stride(_result),
            ToWay = places[_result].Way,
            TableWay = places[1].IsWide(0, [Step(1)]) && places[_beta].IsWide(0, [Step(_beta)]) ? Octets.Wide : Octets.Single,
            GammaStride = Step(1),
            BetaStride = Step(_beta),
            ByTableRows = Divisor.Of(rows / table.Batch),
            ByParts = Divisor.Of(parts),
        };
        int perGroup = RowNormKernel.Threads >> _parameters.ItemBits;
        _groups = host.Groups(new Index3D((rows + perGroup - 1) / perGroup, 1, 1), RowNormForm.Form);
        _run = host.Load<Action<AcceleratorStream, KernelConfig, RowNormShape, ArrayView<TElement>, ArrayView<float>, ArrayView<float>, ArrayView<TElement>>>(
            (Action<RowNormShape, ArrayView<TElement>, ArrayView<float>, ArrayView<float>, ArrayView<TElement>>)RowNormKernel.Run<TNorm, TElement, TFormat>, RowNormForm.Form);
    }

    /// <inheritdoc/>
    protected override void Start() =>
        _run(Host.Stream, _groups, _parameters, View<TElement>(0, Extent(0, _shape)), Floats(1, _table), Floats(_beta, _table), View<TElement>(_result, Extent(_result, _shape)));

    // One table of all images is read again and again.
    private int Step(int operand) => _table.Batch == 1 ? 0 : Stride(operand);
}
