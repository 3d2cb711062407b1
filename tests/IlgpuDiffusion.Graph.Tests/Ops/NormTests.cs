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
        _oracle.Gives(_oracle.Graph.Apply(new LayerNorm(1), [x, gamma, beta]), (float)(0.5 - Math.Sqrt(2)), (float)(-0.5 + (3 / Math.Sqrt(2))), 0.5f, -0.5f);
        StringAssert.Contains(Assert.ThrowsExactly<ShapeException>(() => x.LayerNorm(gamma, _oracle.Of(Shape.Scalar, 1), 1)).Message, "γ and β must be [1, 1, 1, 2]", StringComparison.Ordinal);
    }

    [TestMethod]
    public void LayerNormScalesAndShiftsEachImageByItsOwnTable()
    {
        Value x = _oracle.Of(new Shape(2, 1, 1, 2), 1, 3, 10, 14), gamma = _oracle.Of(new Shape(2, 1, 1, 2), 1, 1, 2, 3), beta = _oracle.Of(Shape.Vector(2), 0, 5);
        float r = (float)(2 / Math.Sqrt(5));
        float[] expected = [-(float)Math.Sqrt(0.5), 5 + (float)Math.Sqrt(0.5), -2 * r, 5 + (3 * r)];
        _oracle.Gives(x.LayerNorm(gamma, beta, 1), expected);
        _oracle.Gives(_oracle.Graph.Apply(new LayerNorm(1), [x, gamma, beta]), expected);
        Assert.ThrowsExactly<ShapeException>(() => x.LayerNorm(_oracle.Of(new Shape(3, 1, 1, 2), 1, 1, 1, 1, 1, 1), beta, 1));
    }

    [TestMethod]
    public void RootMeanSquaresAreThoseOfEachHead()
    {
        Value x = _oracle.Of(new Shape(1, 1, 1, 4), 1, 7, 0, 4), gamma = _oracle.Of(Shape.Vector(2), 2, 3);
        _oracle.Gives(x.RmsNorm(gamma, 2, 0), 0.4f, 4.2f, 0, (float)(12 / Math.Sqrt(8)));
        _oracle.Gives(x.RmsNorm(gamma, 2, 11), (float)(2 / 6.0), (float)(21 / 6.0), 0, (float)(12 / Math.Sqrt(19)));
        StringAssert.Contains(Assert.ThrowsExactly<ShapeException>(() => x.RmsNorm(gamma, 3, 0)).Message, "4 channels do not divide into 3 parts", StringComparison.Ordinal);
        StringAssert.Contains(Assert.ThrowsExactly<ShapeException>(() => x.RmsNorm(gamma, 1, 0)).Message, "γ must be [1, 1, 1, 4]", StringComparison.Ordinal);
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
    public void GroupNormFromSumsOfTwoConvolutionsIsTheNormOfTheirChannels()
    {
        Value x = _oracle.Of(new Shape(2, 1, 2, 2), 1, 10, 3, 10, 0, 0, 0, 4);
        Value gamma = _oracle.Of(Shape.Vector(3), 1, 2, 3), beta = _oracle.Of(Shape.Vector(3), 0, 7, 1);
        Value left = _oracle.Graph.Apply(new Conv2d(1, default, Sums: 3), [x, _oracle.Of(new Shape(2, 2, 1, 1), 1, 2, 3, 4)]);
        Value right = _oracle.Graph.Apply(new Conv2d(1, default, Sums: 1), [x, _oracle.Of(new Shape(1, 2, 1, 1), 5, -6)]);
        float[] expected = _oracle.Run(_oracle.Graph.Apply(new GroupNormStatistics(1, 1), [left.Concat(Axis.Channels, right), gamma, beta]));
        _oracle.Gives(_oracle.Graph.Apply(new GroupNormFromSums(1, 1, 2), [left with { Output = 1 }, right with { Output = 1 }, gamma, beta]), expected);
    }

    [TestMethod]
    public void SumsThatDoNotFitAreRefused()
    {
        TensorType sums = new(new Shape(2, 1, 3, 8), ElementType.F64), vector = new(Shape.Vector(4));
        Assert.AreEqual(new Shape(2, 1, 1, 8), new GroupNormFromSums(2, 1, 9).Infer([sums, vector, vector])[0].Shape);
        string Refused(GroupNormFromSums op, params TensorType[] inputs) => Assert.ThrowsExactly<ShapeException>(() => op.Infer(inputs)).Message;
        StringAssert.Contains(Refused(new(3, 1, 9), sums, vector, vector), "4 channels do not divide into 3 groups", StringComparison.Ordinal);
        StringAssert.Contains(Refused(new(2, 1, 9), sums with { Type = ElementType.F32 }, vector, vector), "are no sums", StringComparison.Ordinal);
        StringAssert.Contains(Refused(new(2, 1, 9), sums, sums with { Shape = new Shape(1, 1, 3, 8) }, vector, vector), "are no sums of 2 images", StringComparison.Ordinal);
        StringAssert.Contains(Refused(new(2, 1, 0), sums, vector, vector), "0 grid points", StringComparison.Ordinal);
        StringAssert.Contains(Refused(new(2, 1, 9), sums, vector, new TensorType(Shape.Vector(5))), "γ and β", StringComparison.Ordinal);
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
