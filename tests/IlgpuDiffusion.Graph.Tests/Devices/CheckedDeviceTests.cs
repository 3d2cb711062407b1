using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Graphs.Tests.Devices;

[TestClass]
public sealed unsafe class CheckedDeviceTests
{
    private readonly Graph _graph = new();

    [TestMethod]
    public void ARightKernelPasses() => CollectionAssert.AreEqual(new float[] { 3, 5, 7, 9, 11, 13 }, Run((_, inner) => inner));

    [TestMethod]
    [DataRow(6, "byte 0 after")]
    [DataRow(8, "byte 8 after")]
    [DataRow(-1, "before")]
    public void AWriteOutsideTheResultIsCaught(int element, string where)
    {
        CheckException error = Fails((_, inner) => new AroundPrepared(inner, after: (places, bases) => ((float*)bases.Address(places[^1]))[element] = 1));
        StringAssert.StartsWith(error.Message, "On wrapped oracle", StringComparison.Ordinal);
        StringAssert.Contains(error.Message, "Affine at 'layer.3'", StringComparison.Ordinal);
        StringAssert.Contains(error.Message, where, StringComparison.Ordinal);
    }

    [TestMethod]
    public void ANumberThatIsNotFiniteIsNamedWithItsIndex()
    {
        CheckException error = Fails((_, inner) => new AroundPrepared(inner, after: (places, bases) => ((float*)bases.Address(places[^1]))[5] = float.PositiveInfinity));
        StringAssert.Contains(error.Message, "Affine at 'layer.3'", StringComparison.Ordinal);
        StringAssert.Contains(error.Message, "[0, 0, 1, 2] of [1, 1, 2, 3]", StringComparison.Ordinal);
    }

    [TestMethod]
    public void AResultThatIsReadBeforeItIsWrittenIsCaught()
    {
        CheckException error = Fails((_, inner) => new AroundPrepared(new Nothing()));
        StringAssert.Contains(error.Message, "NaN at [0, 0, 0, 0]", StringComparison.Ordinal);
    }

    [TestMethod]
    public void AWriteOutsideScratchIsCaught()
    {
        CheckException error = Fails((_, inner) => new AroundPrepared(inner, after: (places, bases) => ((byte*)bases.Address(places[^1]))[100] = 1, scratch: 100));
        StringAssert.Contains(error.Message, "its scratch of 100 bytes", StringComparison.Ordinal);
    }

    [TestMethod]
    public void ScratchStartsAsNaN()
    {
        float seen = 0;
        Run((_, inner) => new AroundPrepared(inner, before: (places, bases) => seen = *(float*)bases.Address(places[^1]), scratch: 4));
        Assert.IsTrue(float.IsNaN(seen));
    }

    [TestMethod]
    public void MemoryStartsAsNaN()
    {
        using CheckedDevice device = new(new OracleDevice());
        using DeviceMemory memory = device.Allocate(12, "test");
        Assert.AreEqual(12, memory.Bytes);
        Assert.AreEqual(0, memory.Address % 64);
        Assert.IsTrue(new ReadOnlySpan<float>((void*)memory.Address, 3).ToArray().All(float.IsNaN));
    }

    [TestMethod]
    public void ASampledStepMustBeFinite()
    {
        using CheckedDevice device = new(new OracleDevice());
        float* x = stackalloc float[2] { 1, float.MaxValue };
        device.Combine((nint)x, [(nint)x], [0.5], 2);
        Assert.AreEqual(0.5f, x[0]);
        StringAssert.Contains(Assert.ThrowsExactly<CheckException>(() => Overflow(device, (nint)x)).Message, "at 1 of 2", StringComparison.Ordinal);
    }

    private static void Overflow(CheckedDevice device, nint x) => device.Combine(x, [x, x], [3.0, 1.0], 2);

    private CheckException Fails(Func<Op, Prepared, Prepared> wrap) => Assert.ThrowsExactly<CheckException>(() => Run(wrap));

    private float[] Run(Func<Op, Prepared, Prepared> wrap)
    {
        Shape shape = new(1, 1, 2, 3);
        Value x = _graph.Input("x", shape, Stage.Evaluation);
        Value y = _graph.Apply(new Affine(2, 1), [x], "layer.3");
        using CheckedDevice device = new(new WrappingDevice(new OracleDevice(), wrap));
        return GraphInterpreter.Evaluate(_graph, [y], _ => TensorData.FromFloats(shape, [1, 2, 3, 4, 5, 6]), null, device)[0];
    }

    private sealed class Nothing : Prepared
    {
        public override Launch Bind(ReadOnlySpan<Place> places, string path) => new NoLaunch(path);

        private sealed class NoLaunch(string path) : Launch(path)
        {
            public override void Run(in Bases bases, CancellationToken cancellation)
            {
            }
        }
    }
}
