using IlgpuDiffusion.Graphs.Devices;
using IlgpuDiffusion.Graphs.Tests;

namespace IlgpuDiffusion.Gpu.Tests.Ops;

/// <summary>Graphs of many ops, fused by the passes, as the oracle computes them one op at a time.</summary>
[TestClass]
public sealed class RandomGraphTests
{
    public static IEnumerable<int> Seeds => Enumerable.Range(1, 20);

    [TestMethod]
    [DynamicData(nameof(Seeds))]
    public void TheDeviceAgreesWithTheOracle(int seed)
    {
        using RandomGraph graph = new(seed);
        using OracleDevice oracle = new();
        using CheckedDevice device = new(GpuDevice.Open(GpuKind.IlgpuCpu));
        float[][] expected = Evaluations.Raw(graph, oracle), actual = Evaluations.Optimised(graph, Evaluations.Compile(graph, device), device);
        for (int e = 0; e < expected.Length; e++)
        {
            double largest = expected[e].Max(Math.Abs);
            Assert.IsLessThan(2e-5, expected[e].Zip(actual[e], (a, b) => Math.Abs((double)a - b)).Max() / largest, $"evaluation {e}");
        }
    }
}
