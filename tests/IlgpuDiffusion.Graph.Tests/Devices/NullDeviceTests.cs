using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Graphs.Tests.Devices;

[TestClass]
public sealed class NullDeviceTests
{
    [TestMethod]
    public void EstimatesTakeTheSlowerOfArithmeticAndTraffic()
    {
        TensorType x = new(new Shape(1, 1, 100, 100));
        using NullDevice arithmetic = new(flopsPerSecond: 1e6, bytesPerSecond: 1e12);
        using NullDevice traffic = new(flopsPerSecond: 1e12, bytesPerSecond: 1e6);
        Operands operands = new([x, new TensorType(Shape.Matrix(100, 100))], [x]);
        Assert.AreEqual(2.0, arithmetic.Prepare(new Linear(), operands).Estimate.TotalSeconds, 1e-6);
        Assert.AreEqual(0.12, traffic.Prepare(new Linear(), operands).Estimate.TotalSeconds, 1e-6);
    }

    [TestMethod]
    public void ItNeverRuns()
    {
        using NullDevice device = new();
        TensorType x = new(Shape.Scalar);
        Prepared prepared = device.Prepare(new Unary(Activation.Silu), new Operands([x], [x]));
        Assert.AreEqual(0, prepared.Scratch);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => prepared.Bind([], "mid.attn")).Message, "'mid.attn'", StringComparison.Ordinal);
        Assert.ThrowsExactly<InvalidOperationException>(() => device.Allocate(1, "test"));
    }
}
