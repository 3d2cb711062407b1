using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Graphs.Tests.Ops;

[TestClass]
public sealed class MovementTests
{
    private readonly Oracle _oracle = new();

    [TestMethod]
    public void SlicesSeeAPartInPlace()
    {
        Value x = _oracle.Of(new Shape(2, 1, 2, 3), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
        Value right = x.Slice(Axis.Channels, 1, 2);
        _oracle.Gives(right, 2, 3, 5, 6, 8, 9, 11, 12);
        _oracle.Gives(right.Slice(Axis.Batch, 1, 1).Affine(1, 0.5), 8.5f, 9.5f, 11.5f, 12.5f);
        _oracle.Gives(x.Slice(Axis.Batch, 1, 1).Slice(Axis.Channels, 2, 1), 9, 12);
        Assert.AreEqual(x, x.Slice(Axis.Batch, 0, 2));
        StringAssert.Contains(Assert.ThrowsExactly<ShapeException>(() => x.Slice(Axis.Channels, 2, 2)).Message, "2..4 is not within the Channels", StringComparison.Ordinal);
        Assert.ThrowsExactly<ShapeException>(() => x.Slice(Axis.Width, 0, 1));
    }

    [TestMethod]
    public void ConcatLaysTensorsEndToEnd()
    {
        Value a = _oracle.Of(new Shape(1, 1, 2, 2), 1, 2, 3, 4);
        Value b = _oracle.Of(new Shape(1, 1, 2, 1), 5, 6);
        _oracle.Gives(a.Concat(Axis.Channels, b), 1, 2, 5, 3, 4, 6);
        _oracle.Gives(a.Concat(Axis.Batch, a), 1, 2, 3, 4, 1, 2, 3, 4);
        _oracle.Gives(a.Concat(Axis.Width, _oracle.Of(new Shape(1, 1, 1, 2), 7, 8)), 1, 2, 3, 4, 7, 8);
        StringAssert.Contains(Assert.ThrowsExactly<ShapeException>(() => a.Concat(Axis.Batch, b)).Message, "differ in more than the Batch", StringComparison.Ordinal);
        Value tall = _oracle.Of(new Shape(1, 2, 1, 1), 1, 2);
        Assert.ThrowsExactly<ShapeException>(() => tall.Concat(Axis.Width, tall));
    }

    [TestMethod]
    public void ConcatOfPartsKeepsTheirNumbers()
    {
        Value x = _oracle.Of(new Shape(1, 1, 2, 3), 1, 2, 3, 4, 5, 6);
        _oracle.Gives(x.Slice(Axis.Channels, 2, 1).Concat(Axis.Channels, x.Slice(Axis.Channels, 0, 1)), 3, 1, 6, 4);
    }

    [TestMethod]
    public void RepeatLaysWholeBatchesEndToEnd()
    {
        Value x = _oracle.Of(new Shape(2, 1, 1, 1), 1, 2);
        _oracle.Gives(x.Repeat(2), 1, 2, 1, 2);
        _oracle.Gives(x.RepeatEach(2), 1, 1, 2, 2);
        Assert.AreEqual(x, x.Repeat(1));
        Assert.ThrowsExactly<ShapeException>(() => x.Repeat(0));
    }

    [TestMethod]
    public void ResizeTakesTheFloorOfTheSourcePosition()
    {
        _oracle.Gives(_oracle.Of(new Shape(1, 1, 3, 1), 1, 2, 3).Upsample(1, 5), 1, 1, 2, 2, 3);
        _oracle.Gives(_oracle.Of(new Shape(1, 2, 2, 1), 1, 2, 3, 4).Upsample(3, 2), 1, 2, 1, 2, 3, 4);
        _oracle.Gives(_oracle.Of(new Shape(1, 1, 4, 1), 1, 2, 3, 4).Upsample(1, 3), 1, 2, 3);
        Assert.ThrowsExactly<ShapeException>(() => _oracle.Of(Shape.Scalar, 1).Upsample(0, 1));
    }

    [TestMethod]
    public void ChannelsBecomeSquaresInEitherOrder()
    {
        Value x = _oracle.Of(new Shape(1, 1, 2, 8), 1, 2, 3, 4, 5, 6, 7, 8, 10, 20, 30, 40, 50, 60, 70, 80);
        _oracle.Gives(x.DepthToSpace(2, channelsFirst: false), 1, 2, 3, 4, 10, 20, 30, 40, 5, 6, 7, 8, 50, 60, 70, 80);
        _oracle.Gives(x.DepthToSpace(2, channelsFirst: true), 1, 5, 2, 6, 10, 50, 20, 60, 3, 7, 4, 8, 30, 70, 40, 80);
        StringAssert.Contains(Assert.ThrowsExactly<ShapeException>(() => x.DepthToSpace(3, channelsFirst: true)).Message, "8 channels do not divide into squares of 3 x 3", StringComparison.Ordinal);
    }

    [TestMethod]
    public void ACropIsARectangleOfTheGrid()
    {
        Value x = _oracle.Of(new Shape(1, 2, 3, 1), 1, 2, 3, 4, 5, 6);
        _oracle.Gives(x.Crop(1, 1, 1, 2), 5, 6);
        _oracle.Gives(x.Crop(0, 2, 2, 1), 3, 6);
        StringAssert.Contains(Assert.ThrowsExactly<ShapeException>(() => x.Crop(1, 1, 2, 1)).Message, "2 x 1 from (1, 1) on are not within a grid of 2 x 3", StringComparison.Ordinal);
    }

    [TestMethod]
    public void PairsAreTurnedByTheirPlaces()
    {
        RotaryTable table = new(new Grid(1, 2), new Grid(1, 2), 0, 2, 100);
        Value x = _oracle.Of(new Shape(1, 1, 2, 6), 7, 1, 2, 8, 3, 4, 7, 1, 2, 8, 3, 4);
        (float c, float s) = ((float)Math.Cos(1), (float)Math.Sin(1));
        _oracle.Gives(_oracle.Graph.Apply(table, []), 1, 0, c, s);
        _oracle.Gives(x.Rotary(table, 2), 7, 1, 2, 8, 3, 4, 7, c - (2 * s), (2 * c) + s, 8, (3 * c) - (4 * s), (4 * c) + (3 * s));

        // Rows before columns; the second pair of two by 1/√θ; a coarser grid at the middle of what it stands for.
        _oracle.Gives(
            _oracle.Graph.Apply(new RotaryTable(new Grid(1, 1), new Grid(4, 1), 4, 2, 100), []),
            (float)Math.Cos(1.5), (float)Math.Sin(1.5), (float)Math.Cos(0.15), (float)Math.Sin(0.15), 1, 0);
        CollectionAssert.AreEqual(new RotaryTable(new Grid(3, 5), new Grid(6, 5), 4, 2, 10).Values(), _oracle.Run(_oracle.Graph.Apply(new RotaryTable(new Grid(3, 5), new Grid(6, 5), 4, 2, 10), [])));
        StringAssert.Contains(Assert.ThrowsExactly<ShapeException>(() => x.Rotary(table, 4)).Message, "6 channels do not divide into 4 heads", StringComparison.Ordinal);
    }

    [TestMethod]
    public void ARelativeBiasGoesByTheDistanceOfKeyAndQuery()
    {
        Value x = _oracle.Of(new Shape(1, 1, 3, 2), 1, 10, 2, 20, 3, 30);
        _oracle.Gives(x.RelativeBias(), 2, 3, 1, 2, 20, 30, 10, 20);
        StringAssert.Contains(Assert.ThrowsExactly<ShapeException>(() => _oracle.Of(new Shape(1, 1, 2, 1), 1, 2).RelativeBias()).Message, "takes F32 [1, 1, 2T - 1, heads]", StringComparison.Ordinal);
    }

    [TestMethod]
    public void EmbeddingTakesTheNamedRows()
    {
        Value table = _oracle.Of(Shape.Matrix(3, 2), 1, 2, 3, 4, 5, 6);
        _oracle.Gives(table.Embedding(_oracle.Ints(new Shape(1, 1, 2, 1), 2, 0)), 5, 6, 1, 2);
        ArgumentException error = Assert.ThrowsExactly<ArgumentException>(() => _oracle.Run(table.Embedding(_oracle.Ints(new Shape(1, 1, 1, 1), 3))));
        StringAssert.Contains(error.Message, "Id 3", StringComparison.Ordinal);
        StringAssert.Contains(Assert.ThrowsExactly<ShapeException>(() => table.Embedding(_oracle.Of(Shape.Scalar, 1))).Message, "ids must be I32", StringComparison.Ordinal);
    }

    [TestMethod]
    public void TablesMayBeOfAnyFloatType()
    {
        Value table = _oracle.Bytes(new TensorType(Shape.Matrix(2, 1), ElementType.BF16), 0x80, 0x3F, 0x00, 0xC0);
        _oracle.Gives(table.Embedding(_oracle.Ints(new Shape(1, 1, 2, 1), 1, 0)), -2, 1);
    }

    [TestMethod]
    public void PackedWeightsAreRefusedWithTheReason()
    {
        using OracleDevice device = new();
        NotSupportedException error = Assert.ThrowsExactly<NotSupportedException>(() => device.Prepare(new Pack(new Rows()), new Operands([new TensorType(Shape.Scalar)], [new TensorType(Shape.Scalar, ElementType.F32, new Rows())])));
        StringAssert.Contains(error.Message, "asks for no layout", StringComparison.Ordinal);
    }

    private sealed record Rows : WeightLayout
    {
        public override long Bytes(Shape shape, ElementType type) => shape.Count * type.Size();
    }
}
