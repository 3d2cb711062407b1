using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>The attention of one transformer block by itself: what it gives, and what T-GATE keeps of it.</summary>
[TestClass]
public sealed class AttentionLayerGoldenTests
{
    private const int Heads = 4;

    public static IEnumerable<object[]> Cases =>
        from device in (string[])[TestDevices.Oracle, TestDevices.Cpu, TestDevices.IlgpuCpu]
        from layer in (string[])["attn1", "attn2"]
        select new object[] { layer, device };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void ALayerGivesWhatTheReferenceGives(string layer, string deviceName)
    {
        AccelerationCase recorded = new("attention", "layer");
        using WeightStore weights = WeightStore.Open(recorded.Weights);
        Graph graph = new();
        Value output = Layer(graph, weights, recorded, layer, "x", new EvaluationPlan());
        using Device device = TestDevices.Create(deviceName);
        float[] result = ModelRunner.Run(device, weights, [output], ("x", recorded.Tensors.Floats("x")), ("context", recorded.Tensors.Floats("context")))[0];
        GoldenAssert.Close(recorded.Tensors.Floats($"{layer}.out"), result, recorded.Tolerance, $"{deviceName} {layer}");
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void TheGateKeepsTheMeanOfBothBranches(string layer, string deviceName)
    {
        AccelerationCase recorded = new("tgate", "attention");
        using WeightStore weights = WeightStore.Open(recorded.Weights);
        SiteDecision keeps = new(SiteAction.Keep) { Held = Branches.Unconditional, Reduction = BranchReduction.Mean };
        Graph graph = new();
        EvaluationPlan plan = new(new RowStructure(Branches.Both, new([keeps])));
        Value output = Layer(graph, weights, recorded, layer, $"{layer}.x", plan);
        Value behind = Layer(graph, weights, recorded, layer, $"{layer}.x", new EvaluationPlan(new RowStructure(Branches.Unconditional, new([keeps with { Action = SiteAction.Recall }]))), images: 1);

        using Device device = TestDevices.Create(deviceName);
        // Variants have results of one shape: here both rows are what is recalled.
        behind += graph.Input("x", output.Shape, Stage.Evaluation) * 0;
        Executable executable = Executable.Compile([new Variant([output], plan.Keeps), new Variant([behind], [])], device, new CompileOptions { Evaluations = 2 });
        using Residency residency = new(device);
        executable.Load(residency, new StoredWeights(weights));
        using Lane lane = new(device);
        using Run run = Run.Begin(executable, lane);
        run.Set<float>("x", recorded.Tensors.Floats($"{layer}.x"));
        if (run.Takes("context"))
        {
            run.Set<float>("context", recorded.Tensors.Floats("attn2.context"));
        }

        run.Evaluate(0, 0);
        GoldenAssert.Close(recorded.Tensors.Floats($"{layer}.out"), run.Read(0, 0), recorded.Tolerance, $"{deviceName} {layer}");
        run.Evaluate(1, 1);
        float[] kept = recorded.Tensors.Floats($"{layer}.kept");
        GoldenAssert.Close([.. kept, .. kept], run.Read(0, 1), recorded.Tolerance, $"{deviceName} {layer} kept");
    }

    private static Value Layer(Graph graph, WeightStore weights, AccelerationCase recorded, string layer, string input, EvaluationPlan plan, int? images = null)
    {
        ModelBuilder m = recorded.Params.GetProperty("block").GetString()!.Split('.').Append(layer).Aggregate(new ModelBuilder(graph, weights, plan), (module, child) => module[child]);
        Value x = First(graph.Input("x", Tokens(input), Stage.Evaluation));
        Value? text = layer == "attn2" ? First(graph.Input("context", Tokens(recorded.Tensors.Has("context") ? "context" : "attn2.context"), Stage.Request)) : null;
        return new Transformer(Groups: 1, Heads, Layers: 1, OnlyCrossAttention: false).Attention(m, x, text, x);

        Value First(Value all) => images is { } rows ? all.Slice(Axis.Batch, 0, rows) : all;

        Shape Tokens(string name) => recorded.Tensors.Shape(name) is var shape ? new Shape((int)shape[0], 1, (int)shape[1], (int)shape[2]) : default;
    }
}
