using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Tests;

[TestClass]
public sealed class GraphTests
{
    private readonly Graph _graph = new();

    [TestMethod]
    public void EqualOpsOnEqualInputsAreOneNode()
    {
        Value x = _graph.Input("x", new Shape(1, 2, 2, 4), Stage.Evaluation);
        Value w = _graph.Weight("w", new TensorType(Shape.Matrix(4, 4)));
        Assert.AreEqual(x, _graph.Input("x", new Shape(1, 2, 2, 4), Stage.Evaluation));
        Assert.AreEqual(x.Linear(w, "a"), x.Linear(w, "b"));
        Assert.AreEqual(x.Attention([new KeySegment(x, x)], 2), x.Attention([new KeySegment(x, x)], 2));
        Assert.AreNotEqual(x.Affine(2, 0), x.Affine(2, 1));
        Assert.AreNotEqual(x + x.Silu(), x.Silu() + x);
        Assert.HasCount(_graph.Nodes.Select(node => (node.Op, string.Join(",", node.Inputs))).Distinct().Count(), _graph.Nodes);
    }

    [TestMethod]
    public void AnInputHasOneTypeAndStage()
    {
        _graph.Input("x", Shape.Scalar, Stage.Request);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => _graph.Input("x", Shape.Vector(2), Stage.Request)).Message, "'x'", StringComparison.Ordinal);
        Assert.ThrowsExactly<ArgumentException>(() => _graph.Input("x", Shape.Scalar, Stage.Evaluation));
    }

    [TestMethod]
    public void ValuesOfAnotherGraphAreRefused()
    {
        Value mine = _graph.Input("x", Shape.Scalar, Stage.Request);
        Value theirs = new Graph().Input("y", Shape.Scalar, Stage.Request);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => mine + theirs).Message, "belongs to another graph", StringComparison.Ordinal);
    }

    [TestMethod]
    public void PathsComeFromTheLayerOrTheFirstInput()
    {
        Value x = _graph.Input("x", Shape.Scalar, Stage.Request);
        Assert.AreEqual("x", x.Silu().Path);
        Value y = x.Linear(_graph.Weight("w", new TensorType(Shape.Matrix(1, 1))), "down.0");
        Assert.AreEqual("down.0", (y + x).Path);
        Assert.AreEqual(y, _graph.Mark("down", y));
        Assert.AreEqual(y, _graph.Marks["down"]);
    }

    [TestMethod]
    public void ValuesTooLargeAreRefusedWithTheLayer()
    {
        Value x = _graph.Input("x", new Shape(1, 1 << 15, 1 << 15, 1), Stage.Request);
        StringAssert.Contains(Assert.ThrowsExactly<ShapeException>(() => x.Concat(Axis.Channels, x)).Message, "At 'x': Concat gives", StringComparison.Ordinal);
    }

    [TestMethod]
    public void WorkCountsMultiplyAddsTwice()
    {
        TensorType x = new(new Shape(2, 4, 4, 8));
        TensorType w = new(new Shape(16, 8, 3, 3));
        TensorType y = new(new Shape(2, 4, 4, 16));
        Assert.AreEqual(2L * 2 * 16 * 16 * 8 * 9, new Conv2d(1, Padding.All(1)).Work(new Operands([x, w], [y])).Flops);
        Assert.AreEqual(2L * 32 * 8 * 5, new Linear().Work(new Operands([x, new TensorType(Shape.Matrix(5, 8))], [new TensorType(new Shape(2, 4, 4, 5))])).Flops);
        Assert.AreEqual(x.Bytes + w.Bytes + y.Bytes, new Conv2d(1, Padding.All(1)).Work(new Operands([x, w], [y])).Bytes);
    }
}
