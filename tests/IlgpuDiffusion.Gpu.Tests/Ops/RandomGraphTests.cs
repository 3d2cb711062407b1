using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Gpu.Tests.Ops;

/// <summary>Graphs of many ops, fused by the passes, as the oracle computes them one op at a time.</summary>
[TestClass]
public sealed class RandomGraphTests
{
    // Kernels are compiled once for all graphs.
    private static CheckedDevice _device = null!;
    private static CheckedDevice _narrow = null!;

    public static IEnumerable<int> Seeds => Enumerable.Range(1, 20);

    [ClassInitialize]
    public static void Open(TestContext context) => (_device, _narrow) = (new(TestDevice.Open()), new(GpuDevice.Open(GpuKind.IlgpuCpu)));

    [ClassCleanup]
    public static void Close()
    {
        _device.Dispose();
        _narrow.Dispose();
    }

    [TestMethod]
    [DynamicData(nameof(Seeds))]
    public void TheDeviceAgreesWithTheOracle(int seed) => AgreesWithTheOracle(seed, _device);

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

    [TestMethod]
    [DynamicData(nameof(Seeds))]
    public void In16BitsTheDeviceRoundsWhereTheOracleDoes(int seed)
    {
        using RandomGraph graph = new(seed);
        using OracleDevice oracle = new(Fusions.All);
        float[][] exact = Evaluations.Raw(graph, oracle);
        double largest = exact.Max(values => values.Max(Math.Abs));
        foreach (ElementType type in (ElementType[])[ElementType.F16, ElementType.BF16])
        {
            float[][] expected = Evaluations.Optimised(graph, Evaluations.Compile(graph, oracle, type), oracle), actual = Evaluations.Optimised(graph, Evaluations.Compile(graph, _narrow, type), _narrow);
            double rounding = largest * StorageTypes.HalfStep(type), all = Difference(exact, actual) / rounding, more = Difference(expected, actual) / rounding;
            Console.WriteLine(FormattableString.Invariant($"measured {seed} {type}: {all:F2} roundings, {more:F2} from the oracle's"));
            Assert.IsLessThan(4, all);

            // Few numbers lie so near to the middle of a step that single and double precision round them apart.
            Assert.IsLessThan(2, more);
        }
    }

    private static double Difference(float[][] expected, float[][] actual) => expected.Zip(actual).Max(pair => pair.First.Zip(pair.Second, (a, b) => Math.Abs((double)a - b)).Max());
}
