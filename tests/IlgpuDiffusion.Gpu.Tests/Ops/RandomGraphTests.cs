using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Devices;
using IlgpuDiffusion.Graphs.Tests;
using IlgpuDiffusion.Testing;

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
        using CheckedDevice device = new(TestDevice.Open());
        AgreesWithTheOracle(seed, device);
    }

    internal static void AgreesWithTheOracle(int seed, Device device)
    {
        using RandomGraph graph = new(seed);
        using OracleDevice oracle = new();
        float[][] expected = Evaluations.Raw(graph, oracle), actual = Evaluations.Optimised(graph, Evaluations.Compile(graph, device), device);
        for (int e = 0; e < expected.Length; e++)
        {
            double largest = expected[e].Max(Math.Abs);
            Assert.IsLessThan(2e-5, expected[e].Zip(actual[e], (a, b) => Math.Abs((double)a - b)).Max() / largest, $"evaluation {e}");
        }
    }
}
