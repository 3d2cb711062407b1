using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Graphs.Passes;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Graphs.Tests;

[TestClass]
public sealed class RawAgainstOptimisedTests
{
    public static IEnumerable<int> Seeds => Enumerable.Range(1, 40);

    [TestMethod]
    [DynamicData(nameof(Seeds))]
    public void OptimisedGraphsGiveTheRawBits(int seed)
    {
        using RandomGraph graph = new(seed);
        using CheckedDevice device = new(new OracleDevice(Fusions.All));
        float[][] raw = Evaluations.Raw(graph, device);
        Assert.IsTrue(raw.All(values => values.All(float.IsFinite)));
        Evaluations.AreSame(raw, Evaluations.Optimised(graph, Evaluations.Compile(graph, device), device), "all passes");
        Evaluations.AreSame(raw, Evaluations.Optimised(graph, Evaluations.Compile(graph, device, [.. PassPipeline.Names]), device), "no pass");
    }

    [TestMethod]
    [DynamicData(nameof(Seeds))]
    public void EachPassAloneGivesTheRawBits(int seed)
    {
        using RandomGraph graph = new(seed, blocks: 3, evaluations: 1);
        using OracleDevice device = new(Fusions.All);
        float[][] raw = Evaluations.Raw(graph, device);
        foreach (string name in PassPipeline.Names)
        {
            Executable executable = Evaluations.Compile(graph, device, [.. PassPipeline.Names.Where(other => other != name)]);
            Evaluations.AreSame(raw, Evaluations.Optimised(graph, executable, device), $"pass '{name}' alone");
        }
    }

    [TestMethod]
    public void RandomGraphsHoldEveryOp()
    {
        HashSet<Type> seen = [];
        foreach (int seed in Seeds)
        {
            using RandomGraph graph = new(seed);
            seen.UnionWith(graph.Graph.Nodes.Select(node => node.Op.GetType()));
        }

        Type[] elsewhere = [typeof(Pack), typeof(Copy), typeof(SlotRead), typeof(Cast), typeof(GroupNormFromSums), typeof(RectangleSums), typeof(MatchTokens), typeof(MergeTokens), typeof(UnmergeTokens)];
        string[] missing = [.. typeof(Op).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Op)) && !type.IsAbstract).Except(seen).Except(elsewhere).Select(type => type.Name)];
        Assert.IsEmpty(missing, string.Join(", ", missing));
    }

    [TestMethod]
    public void EveryPassIsTakenSomewhere()
    {
        Dictionary<string, int> taken = [];
        foreach (int seed in Seeds)
        {
            using RandomGraph graph = new(seed);
            using NullDevice device = new();
            foreach (PassReport report in Evaluations.Compile(graph, device).Passes)
            {
                taken[report.Name] = taken.GetValueOrDefault(report.Name) + report.Taken;
            }
        }

        foreach (string name in PassPipeline.Names)
        {
            Assert.IsGreaterThan(0, taken[name], name);
        }
    }

    [TestMethod]
    public void EvaluationsMayRunInAnyOrder()
    {
        using RandomGraph graph = new(7);
        using OracleDevice device = new();
        float[][] raw = Evaluations.Raw(graph, device);
        Evaluations.AreSame([raw[2], raw[0], raw[2], raw[1]], Evaluations.Optimised(graph, Evaluations.Compile(graph, device), device, 2, 0, 2, 1), "order");
    }

    [TestMethod]
    public void AnUnknownPassIsNamedWithThoseThereAre()
    {
        using RandomGraph graph = new(1);
        using NullDevice device = new();
        ArgumentException error = Assert.ThrowsExactly<ArgumentException>(() => Evaluations.Compile(graph, device, "foo"));
        StringAssert.Contains(error.Message, "'foo'", StringComparison.Ordinal);
        StringAssert.Contains(error.Message, PassPipeline.Names[0], StringComparison.Ordinal);
    }
}
