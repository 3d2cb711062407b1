using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;

namespace IlgpuDiffusion.Testing;

/// <summary>Runs random graphs raw and optimised.</summary>
internal static class Evaluations
{
    /// <summary>The root in every evaluation, node by node.</summary>
    public static float[][] Raw(RandomGraph graph, Device device) =>
    [
        .. Enumerable.Range(0, graph.Evaluations).Select(e =>
            GraphInterpreter.Evaluate(graph.Graph, [graph.Root], name => graph.Data(name, e), graph.Weights, device)[0]),
    ];

    public static Executable Compile(RandomGraph graph, Device device, params string[] without) => Compile(graph, device, ElementType.F32, without);

    public static Executable Compile(RandomGraph graph, Device device, ElementType type, params string[] without) =>
        Executable.Compile([new Variant(graph.Root)], device, new CompileOptions { Evaluations = graph.Evaluations, Type = type, WithoutPasses = without });

    /// <summary>The root in every evaluation, through passes, planner and programs.</summary>
    public static float[][] Optimised(RandomGraph graph, Executable executable, Device device, params int[] order)
    {
        using Residency residency = new(device);
        using Lane lane = new(device);
        executable.Load(residency, graph.Weights);
        using Run run = Run.Begin(executable, lane);
        foreach (string input in graph.Inputs.Where(run.Takes))
        {
            run.Set(input, graph.Data(input).Bytes);
        }

        int[] evaluations = order.Length > 0 ? order : [.. Enumerable.Range(0, graph.Evaluations)];
        return [.. evaluations.Select(e => { run.Evaluate(e); return run.Read(); })];
    }

    public static void AreSame(float[][] expected, float[][] actual, string what)
    {
        Assert.HasCount(expected.Length, actual);
        for (int e = 0; e < expected.Length; e++)
        {
            Assert.IsTrue(
                MemoryMarshal.AsBytes(expected[e].AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(actual[e].AsSpan())),
                $"{what}, evaluation {e}: first difference at {expected[e].Zip(actual[e]).TakeWhile(p => p.First.Equals(p.Second)).Count()} of {expected[e].Length}.");
        }
    }
}
