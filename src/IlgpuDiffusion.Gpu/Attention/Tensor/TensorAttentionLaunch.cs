using ILGPU;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using Launcher = System.Action<
    ILGPU.Runtime.AcceleratorStream,
    ILGPU.KernelConfig,
    IlgpuDiffusion.Gpu.FlashAttentionShape,
    ILGPU.ArrayView<IlgpuDiffusion.Gpu.U4>,
    IlgpuDiffusion.Gpu.AttentionSegment,
    IlgpuDiffusion.Gpu.AttentionSegment,
    ILGPU.ArrayView<int>,
    ILGPU.ArrayView<uint>>;

namespace IlgpuDiffusion.Gpu;

/// <summary>An attention on tensor cores with its operands: one kernel.</summary>
internal sealed class TensorAttentionLaunch : GpuLaunch
{
    private const double Log2E = 1.4426950408889634;

    private readonly TensorType[] _types;
    private readonly SegmentOperands[] _operands;
    private readonly FlashAttentionShape _shape;
    private readonly KernelConfig _groups;
    private readonly bool _tiled;
    private readonly Launcher _run;

    public TensorAttentionLaunch(GpuHost host, Place[] places, string path, Attention op, TensorType[] types)
        : base(host, places, path)
    {
        _types = types;
        _operands = [.. Enumerable.Range(0, op.Segments.Count).Select(op.OperandsOf)];
        _tiled = _operands.Any(at => at.Bounds >= 0);
        Shape queries = types[0].Shape;
        _shape = new()
        {
            Queries = queries.Tokens,
            Height = queries.Height,
            Width = queries.Width,
            Chunks = queries.Channels / op.Heads / 8,
            StrideQ = Stride(0) / 8,
            StrideO = Stride(types.Length),
            Scale = (float)(op.Scale * Log2E),
            Causal = op.Causal ? 1 : 0,
            Tiles = _tiled ? types[1].Shape.Width : 0,
            TileStride = _tiled ? Stride(1) : 0,
            First = Segment(op, 0),
            Second = _operands.Length > 1 ? Segment(op, 1) : new() { Sharing = 1 },
        };
        int slices = Heads.Slices(queries.Channels / op.Heads);
        GroupForm form = new(HeadTile.Threads, HeadTile.GroupsPerProcessor(slices), HeadTile.SharedBytes(slices));
        int groups = _tiled ? TokensInTiles.Groups(_shape.Queries, _shape.Tiles) : (_shape.Queries + HeadTile.Rows - 1) / HeadTile.Rows;
        _groups = host.Groups(new Index3D(groups, op.Heads, queries.Batch), form);
        _run = host.WithTensorCores(types[0].Type, new Loader(host, form, slices, _tiled));
    }

    /// <inheritdoc/>
    protected override void Start()
    {
        ArrayView<U4> queries = Chunks(0);

        // What is not there is something else, which the kernel does not read.
        ArrayView<int> tiles = _tiled ? Rectangles(1) : queries.Cast<int>();
        AttentionSegment first = Segment(_operands[0], tiles);
        _run(
            Host.Stream,
            _groups,
            _shape,
            queries,
            first,
            _operands.Length > 1 ? Segment(_operands[1], tiles) : first,
            tiles,
            View<uint>(_types.Length, Extent(_types.Length, _types[0].Shape) / 2));
    }

    private ArrayView<U4> Chunks(int operand) => View<U4>(operand, Extent(operand, _types[operand].Shape) / 8);

    private ArrayView<int> Rectangles(int operand) => View<int>(operand, Extent(operand, _types[operand].Shape));

    private AttentionSegment Segment(SegmentOperands at, ArrayView<int> none) => new() { Keys = Chunks(at.Keys), Values = Chunks(at.Values), Bounds = at.Bounds < 0 ? none : Rectangles(at.Bounds) };

    private SegmentShape Segment(Attention op, int index)
    {
        SegmentOperands at = _operands[index];
        Shape keys = _types[at.Keys].Shape;
        return new()
        {
            Height = keys.Height,
            Width = keys.Width,
            Tokens = keys.Tokens,
            StrideK = Stride(at.Keys) / 8,
            StrideV = Stride(at.Values) / 8,
            Sharing = _types[0].Shape.Batch / keys.Batch,
            BoundsStride = at.Bounds < 0 ? 0 : Stride(at.Bounds),
            Outside = op.Segments[index].ExcludeOwnTile ? 1 : 0,
        };
    }

    private sealed class Loader(GpuHost host, GroupForm form, int slices, bool tiled) : ITensorUser<Launcher>
    {
        public Launcher Use<TCores, TNumber>()
            where TCores : struct, ITensorCores
            where TNumber : struct, INumber16 =>
            Heads.With(slices, new Loader<TCores, TNumber>(host, form, tiled));
    }

    private sealed class Loader<TCores, TNumber>(GpuHost host, GroupForm form, bool tiled) : IHeadUser<Launcher>
        where TCores : struct, ITensorCores
        where TNumber : struct, INumber16
    {
        public Launcher Use<THead>()
            where THead : struct, IHead<THead> =>
            tiled
                ? host.Load<Launcher>(FlashAttentionKernel.Stream<TCores, THead, TokensInTiles, Output16<TNumber>>, form)
                : host.Load<Launcher>(FlashAttentionKernel.Stream<TCores, THead, TokensInOrder, Output16<TNumber>>, form);
    }
}
