using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

/// <summary>What an attention keeps while it runs.</summary>
internal static class AttentionScratch
{
    /// <summary>Bytes of the weighted values so far, and of the state that one segment of keys leaves to the next.</summary>
    public static long Bytes(Shape queries, int heads, int segments) =>
        (queries.Count + (segments > 1 ? (long)queries.Rows * heads * AttentionKernel.State : 0)) * sizeof(float);
}

/// <summary>An attention with its operands: one kernel a key segment, the softmax running on from one to the next.</summary>
internal sealed class AttentionLaunch<TElement, TFormat> : GpuLaunch
    where TElement : unmanaged
    where TFormat : struct, IElementFormat<TElement>
{
    private const double Log2E = 1.4426950408889634;

    private readonly TensorType[] _types;
    private readonly SegmentOperands[] _operands;
    private readonly AttentionShape[] _segments;
    private readonly bool _tiled;
    private readonly int _items;
    private readonly Action<AcceleratorStream, KernelConfig, AttentionShape, ArrayView<TElement>, ArrayView<TElement>, ArrayView<TElement>, ArrayView<int>, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<TElement>> _run;

    public AttentionLaunch(GpuHost host, Place[] places, string path, Attention op, TensorType[] types)
        : base(host, places, path)
    {
        (_types, _tiled) = (types, op.Tiled);
        Shape queries = types[0].Shape;
        _items = checked(queries.Batch * op.Heads * ((queries.Tokens + AttentionKernel.Tile - 1) / AttentionKernel.Tile));
        _operands = [.. Enumerable.Range(0, op.Segments.Count).Select(op.OperandsOf)];
        _segments = [.. Enumerable.Range(0, op.Segments.Count).Select(i => Segment(op, i))];
        _run = host.Load<AttentionShape, ArrayView<TElement>, ArrayView<TElement>, ArrayView<TElement>, ArrayView<int>, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<TElement>>(
            AttentionKernel.Attend<TElement, TFormat>);
    }

    /// <inheritdoc/>
    protected override void Start()
    {
        Shape shape = _types[0].Shape;
        ArrayView<TElement> queries = Numbers(0), result = View<TElement>(_types.Length, Extent(_types.Length, shape));
        ArrayView<float> sums = View<float>(_types.Length + 1, AttentionScratch.Bytes(shape, _segments[0].Heads, _segments.Length) / sizeof(float));
        ArrayView<int> tiles = _tiled ? Rectangles(1) : Host.Nothing<int>();
        for (int i = 0; i < _segments.Length; i++)
        {
            SegmentOperands at = _operands[i];
            _run(
                Host.Stream,
                Host.Items(_items),
                _segments[i],
                queries,
                Numbers(at.Keys),
                Numbers(at.Values),
                tiles,
                at.Bounds < 0 ? tiles : Rectangles(at.Bounds),
                at.Bias < 0 ? Host.Nothing<float>() : Floats(at.Bias, _types[at.Bias].Shape),
                sums,
                result);
        }
    }

    private ArrayView<TElement> Numbers(int operand) => View<TElement>(operand, Extent(operand, _types[operand].Shape));

    private ArrayView<int> Rectangles(int operand) => View<int>(operand, Extent(operand, _types[operand].Shape));

    private AttentionShape Segment(Attention op, int index)
    {
        SegmentOperands at = _operands[index];
        (Shape q, Shape k) = (_types[0].Shape, _types[at.Keys].Shape);
        AttentionShape shape = new()
        {
            Batch = q.Batch,
            Heads = op.Heads,
            Depth = q.Channels / op.Heads,
            Queries = q.Tokens,
            QueryHeight = q.Height,
            QueryWidth = q.Width,
            KeyHeight = k.Height,
            KeyWidth = k.Width,
            ImagesPerKeys = q.Batch / k.Batch,
            QueryStride = Stride(0),
            KeyStride = Stride(at.Keys),
            ValueStride = Stride(at.Values),
            ResultStride = Stride(_types.Length),
            SumStride = q.Channels,
            State = q.Count,
            Scale = (float)(op.Scale * Log2E),
            Causal = op.Causal ? 1 : 0,
            First = index == 0 ? 1 : 0,
            Last = index == op.Segments.Count - 1 ? 1 : 0,
        };
        if (at.Bounds >= 0)
        {
            (shape.Tiles, shape.TileStride, shape.BoundsStride) = (_types[1].Shape.Width, Stride(1), Stride(at.Bounds));
            shape.Outside = op.Segments[index].ExcludeOwnTile ? 1 : 0;
        }

        if (at.Bias >= 0)
        {
            Shape bias = _types[at.Bias].Shape;
            int stride = Stride(at.Bias);
            shape.ImagesPerBias = q.Batch / bias.Batch;
            shape.BiasRow = bias.Height * bias.Width * stride;
            shape.BiasHead = bias.Height == 1 ? 0 : bias.Width * stride;
            shape.BiasQuery = bias.Width == 1 ? 0 : stride;
            shape.BiasKey = bias.Channels == 1 ? 0 : 1;
        }

        return shape;
    }
}
