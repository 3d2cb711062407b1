using System.Globalization;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Sampling;

[TestClass]
public sealed class NoiseGoldenTests
{
    private const double Bound = 2e-6;

    [TestMethod]
    [DataRow("cpu", NoiseKind.Cpu)]
    [DataRow("philox", NoiseKind.Cuda)]
    public void NoiseIsThatOfTheReferenceGenerators(string prefix, NoiseKind kind)
    {
        GoldenTensors recorded = GoldenTensors.Find("rng.safetensors");
        Dictionary<string, NoiseGenerator> sequences = [];
        int values = 0;
        int different = 0;
        double largest = 0;
        foreach (string name in recorded.Names.Where(name => name.StartsWith(prefix + ".", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            string[] parts = name.Split('.');
            ulong seed = ulong.Parse(parts[1], CultureInfo.InvariantCulture);

            // Draws of a sequence come from one generator, in order.
            NoiseGenerator generator = NoiseGenerator.Create(kind, seed);
            if (parts[2] == "sequence" && !sequences.TryAdd(parts[1], generator))
            {
                generator = sequences[parts[1]];
            }

            float[] expected = recorded.Floats(name);
            float[] actual = new float[expected.Length];
            generator.Fill(actual);
            largest = Math.Max(largest, GoldenAssert.Close(expected, actual, Bound, name));
            values += expected.Length;
            different += expected.Where((value, i) => value != actual[i]).Count();
        }

        Assert.IsGreaterThan(0, values, $"No recording begins with '{prefix}.'.");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{prefix}: {different} of {values} values differ; largest error {largest:E2}"));
    }
}
