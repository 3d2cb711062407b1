using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Graphs.Passes;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Graphs.Tests.Passes;

[TestClass]
public sealed class TypesPassTests
{
    private readonly Graph _graph = new();

    private Value X => _graph.Input("x", new Shape(2, 4, 4, 8), Stage.Evaluation);

    [TestMethod]
    [DataRow(ElementType.F16)]
    [DataRow(ElementType.BF16)]
    public void AProductGivesTheStorageTypeAndWhatFollowsKeepsItUntilTheResult(ElementType type)
    {
        Value y = (Linear("a", X, 8) + Vector("bias", 8)).Silu().Upsample(8, 8).Concat(Axis.Channels, Conv("c", X.Upsample(8, 8)));
        Value root = Typed(type, out int taken, y);
        Assert.AreEqual((new Cast(ElementType.F32), y.Shape), (root.Producer.Op, root.Shape));
        Node[] nodes = Live(root);
        foreach (Node node in nodes.Where(node => node.Op is Graphs.Ops.Linear or Conv2d or Binary or Unary or Concat))
        {
            Assert.AreEqual(type, node.Outputs[0].Type, $"{node}");
        }

        // x at two grids, two weights, the bias, and the result.
        Assert.AreEqual(6, taken);
        Assert.HasCount(6, nodes.Where(node => node.Op is Cast));
        Assert.HasCount(3, nodes.Where(node => node.Op is Cast && node.Stage == Stage.Load));
    }

    [TestMethod]
    public void ResidualsThroughNormsAttentionAndGatesStayInTheStorageType()
    {
        Value text = _graph.Input("text", new Shape(1, 1, 5, 8), Stage.Request);
        Value h = Linear("in", X, 8);
        Value n = h.GroupNorm(Vector("g", 8), Vector("b", 8), 4, 1e-5).Silu();
        Value attended = Linear("q", n, 8).Attention([new KeySegment(Linear("k", text, 8), Linear("v", text, 8), Bias: _graph.Input("mask", new Shape(1, 1, 1, 5), Stage.Request))], 2);
        Value y = h + Linear("out", attended, 16).Gated(Activation.Gelu).LayerNorm(Vector("lg", 8), Vector("lb", 8), 1e-5);
        foreach (Node node in Live(Typed(ElementType.BF16, out _, y)))
        {
            bool exact = node.Op is RowStatistics or GroupNormStatistics or Weight or Input or Cast { To: ElementType.F32 };
            Assert.AreEqual(exact ? ElementType.F32 : ElementType.BF16, node.Outputs[0].Type, $"{node}");
            if (node.Op is Attention)
            {
                Assert.AreEqual(ElementType.F32, node.Inputs[3].Type.Type, "the mask");
            }
        }
    }

    [TestMethod]
    public void TheScheduleStaysF32AndItsValuesAreCastToWhatTheyMeet()
    {
        Value time = _graph.Input("time", Shape.Scalar, Stage.Schedule);
        Value row = Linear("t", time.TimestepEmbedding(8, true, 0).Silu(), 8);
        Value root = Typed(ElementType.F16, out _, Linear("a", X, 8) + row);
        Node[] schedule = [.. Live(root).Where(node => node.Stage == Stage.Schedule)];
        Assert.AreEqual(new Cast(ElementType.F16), schedule[^1].Op);
        Assert.IsTrue(schedule[..^1].All(node => node.Outputs[0].Type == ElementType.F32));
        Assert.AreEqual(ElementType.F16, Live(root).Single(node => node.Op is Binary).Outputs[0].Type);
    }

    [TestMethod]
    public void TwoActivationsOfUnequalTypesMeetInF32()
    {
        Value wide = X.Silu();
        Node[] nodes = Live(Typed(ElementType.F16, out _, (Linear("a", X, 8) * wide).Concat(Axis.Channels, wide)));
        Assert.IsTrue(nodes.Where(node => node.Op is Binary or Concat or Unary).All(node => node.Outputs[0].Type == ElementType.F32));
    }

    [TestMethod]
    public void AnEmbeddingIsReadAsItIsAndGoesOnInTheStorageType()
    {
        Value table = _graph.Weight("table", new TensorType(Shape.Matrix(9, 8), ElementType.F16));
        Value ids = _graph.Input("ids", new TensorType(new Shape(1, 1, 3, 1), ElementType.I32), Stage.Request);
        Node[] nodes = Live(Typed(ElementType.BF16, out _, Linear("a", table.Embedding(ids) + Vector("position", 8), 8)));
        Node embedding = nodes.Single(node => node.Op is Embedding);
        Assert.AreEqual((ElementType.F16, ElementType.F32), (embedding.Inputs[0].Type.Type, embedding.Outputs[0].Type));
        Assert.AreEqual(ElementType.BF16, nodes.Single(node => node.Op is Binary).Outputs[0].Type);
    }

    [TestMethod]
    [DataRow(ElementType.F32)]
    [DataRow(ElementType.F16)]
    [DataRow(ElementType.BF16)]
    public void ASecondRunChangesNothing(ElementType type)
    {
        for (int seed = 1; seed < 30; seed++)
        {
            using RandomGraph graph = new(seed);
            Value once = Typed(type, out _, graph.Root);
            Value twice = Typed(type, out int taken, once);
            Assert.AreEqual(0, taken, $"seed {seed}");
            CollectionAssert.AreEqual(Live(once).Select(node => $"{node.Op} {node.Outputs[0]}").ToArray(), Live(twice).Select(node => $"{node.Op} {node.Outputs[0]}").ToArray(), $"seed {seed}");
        }
    }

    [TestMethod]
    [DataRow(ElementType.F16)]
    [DataRow(ElementType.BF16)]
    public void NoValueIsWidenedAndNarrowedAgain(ElementType type)
    {
        for (int seed = 1; seed < 30; seed++)
        {
            using RandomGraph graph = new(seed);
            foreach (Node cast in Live(Typed(type, out _, graph.Root)).Where(node => node.Op is Cast))
            {
                Assert.IsFalse(cast.Inputs[0].Producer is { Op: Cast { To: ElementType.F32 }, Stage: > Stage.Load }, $"seed {seed}: {cast}");
            }
        }
    }

    [TestMethod]
    public void ACastThatAModelAsksForHoldsWhatFollowsInF32()
    {
        Value output = Linear("a", X, 8).Precise();
        Value guided = output.Slice(Axis.Batch, 0, 1) + (output.Slice(Axis.Batch, 1, 1) * 7.5);
        Node[] narrow = Live(Typed(ElementType.BF16, out _, guided)), wide = Live(Typed(ElementType.F32, out int taken, guided));
        Assert.IsTrue(narrow.Where(node => node.Op is Binary or Affine).All(node => node.Outputs[0].Type == ElementType.F32));
        Assert.AreEqual((0, false), (taken, wide.Any(node => node.Op is Cast)));
    }

    [TestMethod]
    public void ASlotHoldsTheStorageTypeUnlessAnF32ValueIsKeptInIt()
    {
        Value read = _graph.Apply(new SlotRead(0, new TensorType(new Shape(2, 4, 4, 8))), []), other = _graph.Apply(new SlotRead(1, new TensorType(new Shape(2, 4, 4, 8))), []);
        Value h = Linear("a", X, 8);
        Value[] roots = new TypesPass(ElementType.F16, new Dictionary<int, int> { [1] = 0, [2] = 1, [4] = 0 }).Run([h + read + other, h, X.Silu(), read.Silu(), h.Silu()], new NullDevice());
        CollectionAssert.AreEqual(
            new[] { ElementType.F32, ElementType.F16, ElementType.F32, ElementType.F32, ElementType.F16 }, Array.ConvertAll(roots, root => root.Type.Type));
        Assert.AreEqual(ElementType.F16, Array.Find(Live(roots[0]), node => node.Op is SlotRead { Slot: 0 })!.Outputs[0].Type);
        Assert.AreEqual(ElementType.F32, Array.Find(Live(roots[0]), node => node.Op is SlotRead { Slot: 1 })!.Outputs[0].Type);
    }

    [TestMethod]
    public void ADeviceThatDoesNotStoreTheTypeSaysWhichItStores()
    {
        using WrappingDevice device = new(new NullDevice(), (_, inner) => inner, ElementType.F32);
        NotSupportedException error = Assert.ThrowsExactly<NotSupportedException>(() => Executable.Compile([new Variant(X.Silu())], device, new CompileOptions { Type = ElementType.BF16 }));
        StringAssert.Contains(error.Message, $"'{device.Name}' stores activations as F32, not as BF16", StringComparison.Ordinal);
    }

    private static Value Typed(ElementType type, out int taken, Value root)
    {
        TypesPass pass = new(type, new Dictionary<int, int>());
        Value typed = pass.Run([root], new NullDevice())[0];
        taken = pass.Taken;
        return typed;
    }

    private static Node[] Live(Value root)
    {
        bool[] live = Liveness.Of([root]);
        return [.. root.Graph.Nodes.Where(node => live[node.Id])];
    }

    private Value Vector(string name, int channels) => _graph.Weight(name, new TensorType(Shape.Vector(channels)));

    private Value Linear(string name, Value x, int channels) => x.Linear(_graph.Weight($"{name}.weight", new TensorType(Shape.Matrix(channels, x.Channels))), name);

    private Value Conv(string name, Value x) => x.Conv2d(_graph.Weight($"{name}.weight", new TensorType(new Shape(8, 8, 3, 3))), 1, Padding.All(1), name);
}
