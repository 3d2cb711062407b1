using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Tests.Ops;

[TestClass]
public sealed class ElementwiseTests
{
    private readonly Oracle _oracle = new();

    [TestMethod]
    public void ActivationsAgreeWithTables()
    {
        Value x = _oracle.Of(Shape.Vector(4), -3, -0.5f, 1, 4);
        _oracle.Gives(x.Silu(), -0.142277618f, -0.188770334f, 0.731058579f, 3.928055160f);
        _oracle.Gives(x.Gelu(), -0.004049694f, -0.154268770f, 0.841344746f, 3.999873315f);
        _oracle.Gives(x.QuickGelu(), -0.018071310f, -0.149611563f, 0.845795766f, 3.995585276f);
        _oracle.Gives(x.Activate(Activation.GeluTanh), -0.003637392f, -0.154285990f, 0.841191991f, 3.999929754f);
        Assert.AreEqual(x, x.Activate(Activation.None));
    }

    [TestMethod]
    public void GeluKeepsItsTail() => _oracle.Gives(_oracle.Of(Shape.Vector(1), -8).Gelu(), 1e-20, -4.9767680e-15f);

    [TestMethod]
    public void AffineIsOneMultiplyAdd() => _oracle.Gives(_oracle.Of(Shape.Vector(2), 1, -2).Affine(3, 0.5), 3.5f, -5.5f);

    [TestMethod]
    public void BinariesBroadcastWhereSizesAreOne()
    {
        Value grid = _oracle.Of(new Shape(1, 2, 2, 2), 1, 2, 3, 4, 5, 6, 7, 8);
        Value vector = _oracle.Of(Shape.Vector(2), 10, 20);
        Value column = _oracle.Of(new Shape(1, 2, 1, 1), 100, 200);
        _oracle.Gives(grid + vector, 11, 22, 13, 24, 15, 26, 17, 28);
        _oracle.Gives(vector - grid, 9, 18, 7, 16, 5, 14, 3, 12);
        _oracle.Gives(grid * column, 100, 200, 300, 400, 1000, 1200, 1400, 1600);
        _oracle.Gives(column / vector, 10, 5, 20, 10);
    }

    [TestMethod]
    public void BatchesBroadcastInBlocks()
    {
        Value x = _oracle.Of(new Shape(4, 1, 1, 1), 1, 2, 3, 4);
        Value rows = _oracle.Of(new Shape(2, 1, 1, 1), 10, 20);
        _oracle.Gives(x + rows, 11, 12, 23, 24);
    }

    [TestMethod]
    public void AWeightedSumAddsWhatItsWeightsSay()
    {
        Value a = _oracle.Of(new Shape(2, 1, 1, 2), 1, 2, 3, 4);
        Value b = _oracle.Of(new Shape(2, 1, 1, 2), 10, 20, 30, 40);
        _oracle.Gives(_oracle.Of(Shape.Vector(2), 2, -0.5f).WeightedSum([a, b]), -3, -6, -9, -12);
        _oracle.Gives(_oracle.Of(Shape.Vector(1), 3).WeightedSum([a]), 3, 6, 9, 12);
        StringAssert.Contains(Assert.ThrowsExactly<ShapeException>(() => _oracle.Of(Shape.Vector(3), 1, 2, 3).WeightedSum([a, b])).Message, "weights", StringComparison.Ordinal);
        StringAssert.Contains(Assert.ThrowsExactly<ShapeException>(() => _oracle.Of(Shape.Vector(2), 1, 2).WeightedSum([a, _oracle.Of(Shape.Vector(2), 1, 2)])).Message, "one shape", StringComparison.Ordinal);
        StringAssert.Contains(Assert.ThrowsExactly<ShapeException>(() => _oracle.Of(Shape.Vector(6), 1, 2, 3, 4, 5, 6).WeightedSum([a, a, a, a, a, a])).Message, "1 to 5", StringComparison.Ordinal);
    }

    [TestMethod]
    public void SizesThatDoNotFitAreNamed()
    {
        Value a = _oracle.Of(Shape.Vector(2), 1, 2);
        Value b = _oracle.Of(Shape.Vector(3), 1, 2, 3);
        ShapeException error = Assert.ThrowsExactly<ShapeException>(() => a + b);
        Assert.AreEqual("At 'x0': Binary: [1, 1, 1, 2] and [1, 1, 1, 3] do not broadcast.", error.Message);
        Assert.ThrowsExactly<ShapeException>(() => _oracle.Of(new Shape(3, 1, 1, 1), 1, 2, 3) + _oracle.Of(new Shape(2, 1, 1, 1), 1, 2));
    }

    [TestMethod]
    public void AGateIsTheSecondHalfOfTheChannels()
    {
        _oracle.Gives(_oracle.Of(new Shape(1, 1, 2, 4), 1, 2, 0, 100, 3, 4, 100, -100).Gated(Activation.Silu), 0, 200, 300, 0);
        StringAssert.Contains(Assert.ThrowsExactly<ShapeException>(() => _oracle.Of(Shape.Vector(3), 1, 2, 3).Gated(Activation.Gelu)).Message, "even number of channels", StringComparison.Ordinal);
    }

    [TestMethod]
    public void ScaleAndShiftAreHalvesOfOneVectorPerImage()
    {
        Value x = _oracle.Of(new Shape(2, 1, 2, 2), 1, 2, 3, 4, 5, 6, 7, 8);
        Value scaleShift = _oracle.Of(new Shape(2, 1, 1, 4), 1, 2, 10, 20, 0, -1, 0, 0);
        _oracle.Gives(x.ScaleShift(scaleShift), 11, 24, 13, 28, 0, -6, 0, -8);
        _oracle.Gives(x.ScaleShift(scaleShift, Activation.Silu).Slice(Axis.Batch, 1, 1), 0, -0.014835738f, 0, -0.002682801f);
        Assert.ThrowsExactly<ShapeException>(() => x.ScaleShift(_oracle.Of(Shape.Vector(2), 1, 2)));
    }

    [TestMethod]
    public void CastsRoundToNearestEven()
    {
        Value x = _oracle.Of(Shape.Vector(4), 1.00048828125f, 1.0014648437f, 70000, -0.1f);
        float[] half = _oracle.Run(x.Slice(Axis.Channels, 0, 2).Cast(ElementType.F16).Cast(ElementType.F32));
        CollectionAssert.AreEqual(new float[] { 1, 1.001953125f }, half);
        float[] brain = _oracle.Run(_oracle.Of(Shape.Vector(4), 1.00390625f, 1.01171875f, 70000, -0.1f).Cast(ElementType.BF16).Cast(ElementType.F32));
        CollectionAssert.AreEqual(new float[] { 1, 1.015625f, 70144, -0.10009765625f }, brain);
        float[] e4m3 = _oracle.Run(_oracle.Of(Shape.Vector(4), 448, 1.0625f, 0.001953125f, -17).Cast(ElementType.F8E4M3).Cast(ElementType.F32));
        CollectionAssert.AreEqual(new float[] { 448, 1, 0.001953125f, -16 }, e4m3);
        float[] e5m2 = _oracle.Run(_oracle.Of(Shape.Vector(3), 57344, 1.125f, -3.6f).Cast(ElementType.F8E5M2).Cast(ElementType.F32));
        CollectionAssert.AreEqual(new float[] { 57344, 1, -3.5f }, e5m2);
        CollectionAssert.AreEqual(new float[] { 1.5f }, _oracle.Run(_oracle.Bytes(new TensorType(Shape.Scalar, ElementType.F64), BitConverter.GetBytes(1.5)).Cast(ElementType.F32)));
        Assert.AreEqual(x, x.Cast(ElementType.F32));
    }
}
