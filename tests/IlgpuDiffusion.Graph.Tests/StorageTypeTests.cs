using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Graphs.Passes;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Graphs.Tests;

/// <summary>Random graphs whose activations are stored in 16 bits, on the oracle.</summary>
[TestClass]
public sealed class StorageTypeTests
{
    public static IEnumerable<object[]> Cases =>
        from seed in Enumerable.Range(1, 20)
        from type in (ElementType[])[ElementType.F16, ElementType.BF16]
        select new object[] { seed, type };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void GraphsDepartBySomeRoundingsFusedOrNot(int seed, ElementType type)
    {
        using RandomGraph graph = new(seed);
        using CheckedDevice device = new(new OracleDevice(Fusions.All));
        float[][] exact = Evaluations.Raw(graph, device);
        double plain = Error(exact, Evaluations.Optimised(graph, Evaluations.Compile(graph, device, type, [.. PassPipeline.Names]), device), type);
        double fused = Error(exact, Evaluations.Optimised(graph, Evaluations.Compile(graph, device, type), device), type);
        Console.WriteLine(FormattableString.Invariant($"measured {seed} {type}: {plain:F2} roundings without fusions, {fused:F2} with"));
        Assert.IsLessThan(4, Math.Max(plain, fused));
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void WhatMovesNoRoundingGivesTheSameBits(int seed, ElementType type)
    {
        using RandomGraph graph = new(seed, blocks: 3, evaluations: 1);
        using CheckedDevice device = new(new OracleDevice(Fusions.LayerNorm | Fusions.Resize | Fusions.Sums));
        float[][] plain = Evaluations.Optimised(graph, Evaluations.Compile(graph, device, type, [.. PassPipeline.Names]), device);

        // A norm and its SiLU round once together, and twice apart.
        bool rounds = graph.Graph.Nodes.Any(node => node.Op is Unary { Function: Activation.Silu } && node.Inputs[0].Producer.Op is ScaleShift);
        string[] kept = [.. PassPipeline.Names.Where(name => !rounds || name != "prologues")];
        foreach (string name in kept)
        {
            string[] others = [.. PassPipeline.Names.Where(other => other != name)];
            Evaluations.AreSame(plain, Evaluations.Optimised(graph, Evaluations.Compile(graph, device, type, others), device), $"pass '{name}' alone");
        }

        Evaluations.AreSame(plain, Evaluations.Optimised(graph, Evaluations.Compile(graph, device, type, [.. PassPipeline.Names.Except(kept)]), device), "all passes");
    }

    // The largest difference, in roundings of the largest number.
    private static double Error(float[][] exact, float[][] actual, ElementType type)
    {
        double largest = exact.Max(values => values.Max(Math.Abs));
        return exact.Zip(actual).Max(pair => pair.First.Zip(pair.Second, (a, b) => Math.Abs((double)a - b)).Max()) / largest * (type == ElementType.F16 ? 2048 : 256);
    }
}
