using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Graphs.Passes;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Graphs.Tests.Passes;

[TestClass]
public sealed class PassTests
{
    private readonly Graph _graph = new();

    private Value X => _graph.Input("x", new Shape(2, 4, 4, 8), Stage.Evaluation);

    [TestMethod]
    public void BiasRowBiasActivationAndResidualBecomeOneLinear()
    {
        Value y = (Linear("a", X, 8) + RowBias(8)).Gelu() + X;
        Node fused = Single(y, out int ops);
        Assert.AreEqual(new Linear(Prologue.None, new Epilogue(Bias: true, RowBias: true, Activation.Gelu, Residual: true)), fused.Op);
        Assert.AreEqual(1, ops);
    }

    [TestMethod]
    public void AResidualMayStandOnEitherSide() =>
        Assert.AreEqual(new Linear(Prologue.None, new Epilogue(Bias: true, Residual: true)), Single(X + Linear("a", X, 8), out _).Op);

    [TestMethod]
    public void AGateGoesIntoItsLinear() =>
        Assert.AreEqual(new Linear(Prologue.None, new Epilogue(Bias: true, Activation: Activation.Gelu, Gated: true)), Single(Linear("a", X, 16).Gated(Activation.Gelu), out _).Op);

    [TestMethod]
    public void ANormWithItsActivationGoesIntoTheConvolution()
    {
        Value y = Conv("c", X.GroupNorm(Vector("g", 8), Vector("b", 8), 4, 1e-5).Silu());
        Node conv = Single(y, out int ops);
        Assert.AreEqual(new Conv2d(1, Padding.All(1), default, Prologue.ScaleShiftSilu, new Epilogue(Bias: true), Winograd: true), conv.Op);
        Assert.AreEqual(2, ops);
    }

    [TestMethod]
    public void ANormOfConvolutionsTakesTheirSums()
    {
        Value whole = Conv("a", X).Concat(Axis.Channels, Conv("b", X));
        Value y = whole.GroupNorm(Vector("g", 16), Vector("h", 16), 4, 1e-5);
        (IReadOnlyList<Value> roots, IReadOnlyList<PassReport> reports) = Run(y, Fusions.All);
        Assert.AreEqual(1, reports.Single(report => report.Name == "norm-sums").Taken);
        Node norm = Launched(roots[0]).Single(node => node.Op is GroupNormFromSums);
        Assert.AreEqual(new GroupNormFromSums(4, 1e-5, 16), norm.Op);
        Assert.IsTrue(norm.Inputs[..2].All(sums => sums is { Output: 1, Producer.Op: Conv2d { Sums: 1 } }));
        CollectionAssert.AreEqual(new[] { "Conv2d", "Conv2d", "Concat", "GroupNormFromSums", "ScaleShift" }, Launched(roots[0]).Select(node => node.Op.Name).ToArray());
    }

    [TestMethod]
    public void ANormOfAnythingElseReadsItsInput()
    {
        Value conv = Conv("a", X), before = Conv("b", _graph.Input("r", new Shape(2, 4, 4, 8), Stage.Request));
        foreach (Value x in (Value[])[X, conv.Concat(Axis.Channels, X), conv.Concat(Axis.Batch, conv), Linear("l", X, 8), before + X, before.Concat(Axis.Channels, conv)])
        {
            Value y = x.GroupNorm(Vector($"g{x.Channels}", x.Channels), Vector($"h{x.Channels}", x.Channels), 4, 1e-5);
            (IReadOnlyList<Value> roots, _) = Run(y, Fusions.All);
            Assert.IsTrue(Launched(roots[0]).All(node => node.Op is not GroupNormFromSums and not Conv2d { Sums: > 0 }), $"{x.Producer.Op}");
            Assert.AreEqual(1, Launched(roots[0]).Count(node => node.Op is GroupNormStatistics));
        }

        (IReadOnlyList<Value> unable, _) = Run(conv.GroupNorm(Vector("g", 8), Vector("h", 8), 4, 1e-5), Fusions.All & ~Fusions.Sums);
        Assert.AreEqual(1, Launched(unable[0]).Count(node => node.Op is GroupNormStatistics));
    }

    [TestMethod]
    public void AResizeGoesIntoTheConvolution() =>
        Assert.AreEqual(new Conv2d(1, Padding.All(1), new Grid(8, 7), Prologue.None, new Epilogue(Bias: true), Winograd: true), Single(Conv("c", X.Upsample(8, 7)), out _).Op);

    [TestMethod]
    public void OnlyTheConvolutionOfADoubledPictureHasPhases()
    {
        Assert.AreEqual(new Conv2d(1, Padding.All(1), new Grid(8, 8), Prologue.None, new Epilogue(Bias: true), Winograd: true, Phases: true), Single(Conv("c", X.Upsample(8, 8)), out _).Op);
        Shape x = new(1, 6, 5, 8), kernel = new(4, 8, 3, 3);
        Grid twice = new(12, 10);
        Assert.IsTrue(new Conv2d(1, Padding.All(1), twice).HasPhases(x, kernel));
        Assert.IsFalse(new Conv2d(1, Padding.All(1)).HasPhases(x, kernel));
        Assert.IsFalse(new Conv2d(1, Padding.All(1), new Grid(12, 11)).HasPhases(x, kernel));
        Assert.IsFalse(new Conv2d(2, Padding.All(1), twice).HasPhases(x, kernel));
        Assert.IsFalse(new Conv2d(1, new Padding(0, 0, 1, 1), twice).HasPhases(x, kernel));
        Assert.IsFalse(new Conv2d(1, Padding.All(1), twice).HasPhases(x, new Shape(4, 8, 1, 1)));
        Conv2d wrong = new(1, Padding.All(1), new Grid(12, 11), Phases: true);
        StringAssert.Contains(Assert.ThrowsExactly<ShapeException>(() => wrong.Infer([new TensorType(x), new TensorType(kernel)])).Message, "phases", StringComparison.Ordinal);
    }

    [TestMethod]
    public void QueriesKeysAndValuesBecomeOneProductBehindTheirNorm()
    {
        Value n = X.LayerNorm(Vector("g", 8), Vector("b", 8), 1e-5);
        Value y = Linear("attn.q", n, 8).Attention([new KeySegment(Linear("attn.k", n, 8), Linear("attn.v", n, 8))], 2);
        (IReadOnlyList<Value> roots, IReadOnlyList<PassReport> reports) = Run(y, Fusions.All);
        Node product = Launched(roots[0]).Single(node => node.Op is Linear);
        Assert.AreEqual(new Linear(Prologue.LayerNorm, new Epilogue(Bias: true)), product.Op);
        Assert.AreEqual(Shape.Matrix(24, 8), product.Inputs[1].Shape);
        Assert.AreEqual(3, reports.Single(report => report.Name == "stacking").Taken);
        CollectionAssert.AreEqual(new[] { "RowStatistics", "Linear", "Attention" }, Launched(roots[0]).Select(node => node.Op.Name).ToArray());
    }

    [TestMethod]
    public void LayersOfAnotherModuleInputOrFormAreNotStacked()
    {
        Assert.AreEqual(0, Stacked(Linear("a.q", X, 8) * Linear("b.q", X, 8)));
        Assert.AreEqual(0, Stacked(Linear("a.q", X, 8) * Linear("a.k", X.Silu(), 8)));
        Assert.AreEqual(0, Stacked(Linear("a.q", X, 8) * X.Linear(Matrix("a.k.weight", 8, 8), "a.k")));
        Assert.AreEqual(2, Stacked(Linear("a.q", X, 8) * Linear("a.v", X, 8)));
    }

    [TestMethod]
    public void WhatIsReadTwiceIsNotAbsorbed()
    {
        Value product = X.Linear(Matrix("w", 8, 8));
        Assert.HasCount(3, Launched(Run(product.Silu() * product, Fusions.All).Roots[0]));
        (IReadOnlyList<Value> roots, _) = PassPipeline.Run([product, product.Silu()], new NullDevice());
        Assert.AreEqual(new Unary(Activation.Silu), roots[1].Producer.Op);
    }

    [TestMethod]
    public void WhatADeviceDoesNotAbsorbStaysApart()
    {
        Value y = (Linear("a", X, 8) + RowBias(8)).Gelu() + X;
        Assert.HasCount(5, Launched(Run(y, Fusions.None).Roots[0]));
        Assert.HasCount(4, Launched(Run(y, Fusions.Bias).Roots[0]));
        Assert.HasCount(4, Launched(Run(Conv("c", X.GroupNorm(Vector("g", 8), Vector("b", 8), 4, 1e-5).Silu()), Fusions.Bias & Fusions.Resize).Roots[0]));
    }

    [TestMethod]
    public void NoStageIsLeftByAFusion()
    {
        Value text = _graph.Input("text", new Shape(2, 1, 1, 8), Stage.Request);
        Value y = Linear("a", text, 8) + _graph.Input("e", new Shape(2, 1, 1, 8), Stage.Evaluation);
        (IReadOnlyList<Value> roots, _) = Run(y, Fusions.All);
        Node[] launched = [.. Launched(roots[0])];
        Assert.AreEqual((Stage.Request, Stage.Evaluation), (launched[0].Stage, launched[1].Stage));
        Assert.IsInstanceOfType<Linear>(launched[0].Op);
    }

    [TestMethod]
    public void NarrowWeightsAreCastAtLoadWhereTheKernelDoesNotReadThem()
    {
        Value weight = _graph.Weight("w", new TensorType(Shape.Matrix(8, 8), ElementType.BF16));
        Value bias = _graph.Weight("b", new TensorType(Shape.Vector(8), ElementType.BF16));
        Value large = _graph.Weight("f64", new TensorType(Shape.Matrix(8, 8), ElementType.F64));
        (IReadOnlyList<Value> roots, IReadOnlyList<PassReport> reports) = Run((X.Linear(weight) + bias).Silu().Linear(large), Fusions.None);
        Node[] casts = [.. Live(roots[0]).Where(node => node.Op is Cast)];
        Assert.HasCount(2, casts);
        Assert.IsTrue(casts.All(cast => cast.Stage == Stage.Load && cast.Outputs[0].Type == ElementType.F32));
        Assert.AreEqual(2, reports.Single(report => report.Name == "types").Taken);
        Assert.AreEqual(ElementType.BF16, Live(roots[0]).First(node => node.Op is Linear).Inputs[1].Type.Type);
    }

    [TestMethod]
    public void WeightsArePackedAtLoadAsTheKernelAsks()
    {
        using WrappingDevice device = new(new NullDevice(), (op, inner) => op is Linear ? new Wanting() : inner);
        (IReadOnlyList<Value> roots, IReadOnlyList<PassReport> reports) = PassPipeline.Run([Linear("a", X, 8)], device);
        Node pack = Live(roots[0]).Single(node => node.Op is Pack);
        Assert.AreEqual((new Pack(new Tall()), Stage.Load, 1), (pack.Op, pack.Stage, reports[^1].Taken));
        Assert.AreEqual(pack.Id, Live(roots[0]).Single(node => node.Op is Linear).Inputs[1].Node);
    }

    [TestMethod]
    public void ReportsCountOpsBeforeAndAfter()
    {
        IReadOnlyList<PassReport> reports = Run((Linear("a", X, 8) + RowBias(8)).Gelu(), Fusions.All).Reports;
        PassReport epilogues = reports.Single(report => report.Name == "epilogues");
        Assert.AreEqual((3, 4, 1), (epilogues.Taken, epilogues.Before, epilogues.After));
    }

    private static (IReadOnlyList<Value> Roots, IReadOnlyList<PassReport> Reports) Run(Value root, Fusions fusions) => PassPipeline.Run([root], new NullDevice(fusions: fusions));

    private static int Stacked(Value root) => Run(root, Fusions.All).Reports.Single(report => report.Name == "stacking").Taken;

    private static IEnumerable<Node> Live(Value root)
    {
        bool[] live = Liveness.Of([root]);
        return root.Graph.Nodes.Where(node => live[node.Id]);
    }

    private static IEnumerable<Node> Launched(Value root) => Live(root).Where(node => node.Op is not ISource && !node.Op.IsView && node.Stage > Stage.Load);

    private static Node Single(Value root, out int ops)
    {
        (IReadOnlyList<Value> roots, _) = Run(root, Fusions.All);
        Node[] launched = [.. Launched(roots[0])];
        ops = launched.Length;
        return launched[^1];
    }

    private Value Matrix(string name, int rows, int columns) => _graph.Weight(name, new TensorType(Shape.Matrix(rows, columns)));

    private Value Vector(string name, int channels) => _graph.Weight(name, new TensorType(Shape.Vector(channels)));

    private Value RowBias(int channels) => _graph.Input("row", new Shape(1, 1, 1, channels), Stage.Schedule);

    private Value Linear(string name, Value x, int channels) => x.Linear(Matrix($"{name}.weight", channels, x.Channels), name) + Vector($"{name}.bias", channels);

    private Value Conv(string name, Value x) => x.Conv2d(_graph.Weight($"{name}.weight", new TensorType(new Shape(8, 8, 3, 3))), 1, Padding.All(1), name) + Vector($"{name}.bias", 8);

    private sealed record Tall : WeightLayout
    {
        public override long Bytes(Shape shape, ElementType type) => 2 * shape.Count * type.Size();
    }

    private sealed class Wanting : Prepared
    {
        public override WeightLayout? Layout(int input) => input == 1 ? new Tall() : null;

        public override Launch Bind(ReadOnlySpan<Place> places, string path) => throw new InvalidOperationException();
    }
}
