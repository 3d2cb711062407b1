using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Graphs.Tests.Devices;

[TestClass]
public sealed class GraphInterpreterTests
{
    private readonly Graph _graph = new();
    private readonly OracleDevice _device = new();

    [TestMethod]
    public void SourcesOfAnotherTypeAreNamed()
    {
        Value x = _graph.Input("latents", Shape.Vector(2), Stage.Evaluation);
        ArgumentException error = Assert.ThrowsExactly<ArgumentException>(() => GraphInterpreter.Evaluate(_graph, [x.Silu()], _ => TensorData.FromFloats(Shape.Scalar, [1]), null, _device));
        StringAssert.Contains(error.Message, "input 'latents' is F32[1, 1, 1, 2] in the graph, but F32[1, 1, 1, 1] was given", StringComparison.Ordinal);
        Value weight = _graph.Weight("conv.weight", new TensorType(Shape.Vector(2)));
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => GraphInterpreter.Evaluate(_graph, [weight], _ => throw new KeyNotFoundException(), null, _device)).Message, "'conv.weight'", StringComparison.Ordinal);
        using MemoryWeights weights = new();
        weights.Add("conv.weight", ElementType.F16, [1, 2]);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => GraphInterpreter.Evaluate(_graph, [weight], _ => throw new KeyNotFoundException(), weights, _device)).Message, "F16 in 4 bytes", StringComparison.Ordinal);
    }

    [TestMethod]
    public void OnlyWhatTheRootsNeedIsRead()
    {
        Value x = _graph.Input("x", Shape.Scalar, Stage.Request);
        _graph.Input("unused", Shape.Scalar, Stage.Request).Silu();
        Assert.AreEqual(3, GraphInterpreter.Evaluate(_graph, [x.Affine(1, 1)], name => name == "x" ? TensorData.FromFloats(Shape.Scalar, [2]) : throw new KeyNotFoundException(name), null, _device)[0][0]);
    }

    [TestMethod]
    public void SlotsAreReadFromTheCaller()
    {
        Value slot = _graph.Apply(new SlotRead(4, new TensorType(Shape.Scalar)), []);
        Assert.AreEqual(6, GraphInterpreter.Evaluate(_graph, [slot.Affine(2, 0)], _ => throw new KeyNotFoundException(), null, _device, number => TensorData.FromFloats(Shape.Scalar, [number - 1]))[0][0]);
        Assert.ThrowsExactly<ArgumentException>(() => GraphInterpreter.Evaluate(_graph, [slot], _ => throw new KeyNotFoundException(), null, _device));
    }

    [TestMethod]
    public void DataOfAnotherLengthAreRefused() =>
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => TensorData.FromFloats(Shape.Vector(3), [1])).Message, "takes 12 bytes, not 4", StringComparison.Ordinal);

    [TestMethod]
    public void CombineSumsInDoublePrecision()
    {
        float[] a = [1, 16777216];
        float[] b = [2, 1];
        Assert.AreEqual((5f, 16777216f), Combine(a, b, 1, 2));
        Assert.AreEqual(3f, Combine([16777216f, 0], [16777213f, 0], 1, -1).First);
    }

    private unsafe (float First, float Second) Combine(float[] a, float[] b, double ca, double cb)
    {
        fixed (float* pa = a, pb = b)
        {
            _device.Combine((nint)pa, [(nint)pa, (nint)pb], [ca, cb], 1);
            return (pa[0], pa[1]);
        }
    }
}
