using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cpu.Tests;

[TestClass]
public sealed class RandomGraphTests
{
    public static IEnumerable<int> Seeds => Enumerable.Range(1, 40);

    [TestMethod]
    [DynamicData(nameof(Seeds))]
    public void TheProcessorAgreesWithTheOracle(int seed)
    {
        using RandomGraph graph = new(seed);
        using OracleDevice oracle = new();
        using CheckedDevice device = new(new CpuDevice(new CpuDeviceOptions { Threads = 2 }));
        float[][] expected = Evaluations.Raw(graph, oracle);
        AreClose(expected, Evaluations.Optimised(graph, Evaluations.Compile(graph, device), device));
    }

    // Sums in f32 depart from those in f64 by some units in the last place of the largest number.
    private static void AreClose(float[][] expected, float[][] actual)
    {
        for (int e = 0; e < expected.Length; e++)
        {
            double largest = expected[e].Max(Math.Abs);
            double error = expected[e].Zip(actual[e], (a, b) => Math.Abs((double)a - b)).Max();
            Assert.IsLessThan(2e-5, error / largest, $"evaluation {e}");
        }
    }
}
