using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Tests.Ops;

[TestClass]
public sealed class NormTests
{
    private readonly Oracle _oracle = new();

    [TestMethod]
    public void LayerNormLooksAtTheChannelsOfEachGridPoint()
    {
        Value x = _oracle.Of(new Shape(1, 1, 2, 2), 1, 3, 10, 10);
        _oracle.Gives(_oracle.Graph.Apply(new RowStatistics(1), [x]), 2, 0.707106781f, 10, 1);
        Value gamma = _oracle.Of(Shape.Vector(2), 2, 3);
        Value beta = _oracle.Of(Shape.Vector(2), 0.5f, -0.5f);
        _oracle.Gives(x.LayerNorm(gamma, beta, 1), (float)(0.5 - Math.Sqrt(2)), (float)(-0.5 + (3 / Math.Sqrt(2))), 0.5f, -0.5f);
        StringAssert.Contains(Assert.ThrowsExactly<ShapeException>(() => x.LayerNorm(gamma, _oracle.Of(Shape.Scalar, 1), 1)).Message, "γ and β must be [1, 1, 1, 2]", StringComparison.Ordinal);
    }

    [TestMethod]
    public void GroupNormLooksAtTheWholeImage()
    {
        Value x = _oracle.Of(new Shape(2, 1, 2, 2), 1, 10, 3, 10, 0, 0, 0, 4);
        Value gamma = _oracle.Of(Shape.Vector(2), 1, 2);
        Value beta = _oracle.Of(Shape.Vector(2), 0, 7);
        float r = (float)(1 / Math.Sqrt(2));
        _oracle.Gives(x.GroupNorm(gamma, beta, 2, 1), -r, 7, r, 7, 0, (float)(7 - (4 / Math.Sqrt(5))), 0, (float)(7 + (4 / Math.Sqrt(5))));
        _oracle.Gives(x.Slice(Axis.Batch, 1, 1).GroupNorm(gamma, beta, 1, 1), -0.5f, 6, -0.5f, 10);
        StringAssert.Contains(Assert.ThrowsExactly<ShapeException>(() => x.GroupNorm(gamma, beta, 3, 1)).Message, "2 channels do not divide into 3 groups", StringComparison.Ordinal);
    }

    [TestMethod]
    public void StandardDeviationDividesByOneLessThanTheCount() =>
        _oracle.Gives(_oracle.Of(new Shape(2, 1, 2, 2), 1, 2, 3, 4, 5, 5, 5, 9).StandardDeviation(), 1.290994449f, 2);

    [TestMethod]
    public void TimestepsBecomeSinusoids()
    {
        Value time = _oracle.Of(new Shape(2, 1, 1, 1), 0, 3);
        _oracle.Gives(time.TimestepEmbedding(4, cosineFirst: true, shift: 0, period: 100), 1, 1, 0, 0, (float)Math.Cos(3), (float)Math.Cos(0.3), (float)Math.Sin(3), (float)Math.Sin(0.3));
        _oracle.Gives(time.Slice(Axis.Batch, 1, 1).TimestepEmbedding(5, cosineFirst: false, shift: 1, period: 100), (float)Math.Sin(3), (float)Math.Sin(0.03), (float)Math.Cos(3), (float)Math.Cos(0.03), 0);
        Assert.ThrowsExactly<ShapeException>(() => time.TimestepEmbedding(1, cosineFirst: false, shift: 1));
    }
}
