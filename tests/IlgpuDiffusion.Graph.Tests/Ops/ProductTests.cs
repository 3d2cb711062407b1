using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Tests.Ops;

[TestClass]
public sealed class ProductTests
{
    private readonly Oracle _oracle = new();

    [TestMethod]
    public void LinearMultipliesByTheTransposedWeight()
    {
        Value x = _oracle.Of(new Shape(1, 1, 2, 2), 1, 2, 3, 4);
        Value weight = _oracle.Of(Shape.Matrix(3, 2), 1, 0, 0, 1, 1, -1);
        _oracle.Gives(x.Linear(weight), 1, 2, -1, 3, 4, -1);
        StringAssert.Contains(Assert.ThrowsExactly<ShapeException>(() => x.Linear(_oracle.Of(Shape.Matrix(1, 3), 1, 2, 3))).Message, "must be [1, 1, N, 2], not [1, 1, 1, 3]", StringComparison.Ordinal);
    }

    [TestMethod]
    public void WeightsMayBeOfAnyFloatType()
    {
        Value weight = _oracle.Bytes(new TensorType(Shape.Matrix(1, 2), ElementType.F16), 0x00, 0x3C, 0x00, 0xC0);
        _oracle.Gives(_oracle.Of(Shape.Vector(2), 3, 5).Linear(weight), -7);
    }

    [TestMethod]
    public void EpiloguesRunInTheirOrder()
    {
        Value x = _oracle.Of(new Shape(2, 1, 1, 1), 1, 2);
        Value weight = _oracle.Of(Shape.Matrix(2, 1), 1, 10);
        Value bias = _oracle.Of(Shape.Vector(2), 0.5f, 0.25f);
        Value rowBias = _oracle.Of(new Shape(2, 1, 1, 2), -1, -2, -3, -4);
        Value residual = _oracle.Of(new Shape(2, 1, 1, 2), 100, 200, 300, 400);
        Value product = _oracle.Graph.Apply(new Linear(Prologue.None, new Epilogue(Bias: true, RowBias: true, Activation.Silu, Residual: true)), [x, weight, bias, rowBias, residual]);
        Value apart = (x.Linear(weight) + bias + rowBias).Silu() + residual;
        _oracle.Gives(product, 1e-4, 100.311230f, 208.247865f, 299.811230f, 416.249998f);
        _oracle.Gives(product, 0, _oracle.Run(apart));
    }

    [TestMethod]
    public void AGatedProductHasHalfTheColumns()
    {
        Value x = _oracle.Of(Shape.Vector(1), 2);
        Value weight = _oracle.Of(Shape.Matrix(4, 1), 1, 2, 50, -50);
        Value product = _oracle.Graph.Apply(new Linear(Prologue.None, new Epilogue(Activation: Activation.Silu, Gated: true)), [x, weight]);
        _oracle.Gives(product, 1e-5, 200, 0);
        StringAssert.Contains(Assert.ThrowsExactly<ShapeException>(() => _oracle.Graph.Apply(new Linear(Prologue.None, new Epilogue(Gated: true)), [x, _oracle.Of(Shape.Matrix(1, 1), 1)])).Message, "even number of outputs", StringComparison.Ordinal);
    }

    [TestMethod]
    public void PrologueNormsAreAppliedWhileReading()
    {
        Value x = _oracle.Of(new Shape(1, 1, 2, 2), 1, 3, 5, 9);
        Value weight = _oracle.Of(Shape.Matrix(1, 2), 1, 1);
        Value scaleShift = _oracle.Of(Shape.Vector(4), 1, 10, 0, -1);
        _oracle.Gives(_oracle.Graph.Apply(new Linear(Prologue.ScaleShift), [x, weight, scaleShift]), 30, 94);
        Value statistics = _oracle.Of(new Shape(1, 1, 2, 2), 2, 1, 7, 0.5f);
        Value gamma = _oracle.Of(Shape.Vector(2), 1, 2);
        Value beta = _oracle.Of(Shape.Vector(2), 0, 1);
        _oracle.Gives(_oracle.Graph.Apply(new Linear(Prologue.LayerNorm), [x, weight, statistics, gamma, beta]), 2, 2);
    }

    [TestMethod]
    public void ConvolutionSlidesOverThePaddedGrid()
    {
        Value x = _oracle.Of(new Shape(1, 2, 3, 1), 1, 2, 3, 4, 5, 6);
        Value weight = _oracle.Of(new Shape(1, 1, 2, 2), 1, 10, 100, 1000);
        _oracle.Gives(x.Conv2d(weight, 1, default), 5421, 6532);
        _oracle.Gives(x.Conv2d(weight, 2, new Padding(1, 1, 0, 1)), 1000, 3200);
        StringAssert.Contains(Assert.ThrowsExactly<ShapeException>(() => x.Conv2d(_oracle.Of(new Shape(1, 1, 3, 1), 1, 1, 1), 1, default)).Message, "a kernel of 3×1 does not fit", StringComparison.Ordinal);
        StringAssert.Contains(Assert.ThrowsExactly<ShapeException>(() => x.Conv2d(_oracle.Of(new Shape(1, 2, 1, 1), 1, 1), 1, default)).Message, "[O, 1, kh, kw]", StringComparison.Ordinal);
    }

    [TestMethod]
    public void ConvolutionSumsOverInputChannels()
    {
        Value x = _oracle.Of(new Shape(1, 1, 2, 2), 1, 2, 3, 4);
        Value weight = _oracle.Of(new Shape(2, 2, 1, 2), 1, 2, 3, 4, 5, 6, 7, 8);
        _oracle.Gives(x.Conv2d(weight, 1, default), 1 + 6 + 6 + 16, 5 + 18 + 14 + 32);
    }

    [TestMethod]
    public void PaddingIsZeroAfterThePrologueAndResize()
    {
        Value x = _oracle.Of(new Shape(1, 1, 2, 1), 1, 2);
        Value weight = _oracle.Of(new Shape(1, 1, 1, 3), 1, 10, 100);
        Value scaleShift = _oracle.Of(Shape.Vector(2), 1, 4);
        Value fused = _oracle.Graph.Apply(new Conv2d(1, new Padding(0, 1, 0, 1), new Grid(1, 3), Prologue.ScaleShift), [x, weight, scaleShift]);
        _oracle.Gives(fused, 550, 655, 65);
        Assert.ThrowsExactly<ShapeException>(() => _oracle.Graph.Apply(new Conv2d(1, default, Prologue: Prologue.LayerNorm), [x, weight]));
    }
}
