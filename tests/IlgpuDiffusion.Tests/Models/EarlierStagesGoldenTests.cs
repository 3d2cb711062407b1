using IlgpuDiffusion.Families;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Models;

/// <summary>What follows from text and time alone is computed before the loop: the same bits as in every evaluation, and <c>explain</c> shows it.</summary>
[TestClass]
public sealed class EarlierStagesGoldenTests
{
    private const int Rows = 2, Tokens = 9, Side = 8;

    [TestMethod]
    [DataRow("sd15", "attn2.to_k", "time_emb_proj")]
    [DataRow("sdxl", "attn2.to_k", "time_emb_proj")]
    [DataRow("sd3", "context_embedder", "norm1.linear")]
    [DataRow("sd35", "context_embedder", "norm1.linear")]
    [DataRow("flux-dev", "context_embedder", "norm1.linear")]
    public void TheyAreComputedOnceAndAreTheSameBits(string model, string ofText, string ofTime)
    {
        using ModelParts parts = ModelParts.Open(Golden.Find($"models/{model}"), new WeightOptions());
        using Device device = TestDevices.Create();
        Random random = new(5);
        Dictionary<string, float[]> data = [];
        float[] Data(string name, long count) => data.TryGetValue(name, out float[]? known) ? known : data[name] = [.. Enumerable.Range(0, (int)count).Select(_ => (float)random.NextDouble())];
        (float[] Result, IReadOnlyList<ProgramReport> Programs) Run(bool late)
        {
            Graph graph = new();
            Value Input(string name, Shape shape, Stage stage)
            {
                _ = Data(name, shape.Count);
                return graph.Input(name, shape, late ? Stage.Evaluation : stage);
            }

            Value latents = Input("latents", new Shape(Rows, Side, Side, parts.Network.InChannels), Stage.Evaluation), time = Input("time", Shape.Scalar, Stage.Schedule);
            data["time"] = [321];
            Value output = parts.Network.Build(new ModelBuilder(graph, parts.NetworkWeights), latents, time, parts.Network.Inputs.ToDictionary(
                input => input.Name, input => Input(input.Name, input.Stage == Stage.Schedule ? Shape.Scalar : new Shape(Rows, 1, input.HasTokens ? Tokens : 1, input.Channels), input.Stage)));
            Executable executable = Executable.Compile([new Variant([output])], device, new CompileOptions());
            return (ModelRunner.Run(device, parts.NetworkWeights, [output], [.. data.Select(one => (one.Key, (Array)one.Value))])[0], executable.Programs);
        }

        (float[] Result, IReadOnlyList<ProgramReport> Programs) early = Run(late: false), late = Run(late: true);
        CollectionAssert.AreEqual(late.Result, early.Result);
        Assert.IsTrue(early.Result.All(float.IsFinite));
        Assert.IsTrue(Computes(early.Programs, "request", ofText) && Computes(early.Programs, "schedule", ofTime));
        Assert.IsFalse(Computes(early.Programs, "evaluation", ofText) || Computes(early.Programs, "evaluation", ofTime));
        Assert.IsTrue(Computes(late.Programs, "evaluation", ofText) && Computes(late.Programs, "evaluation", ofTime));
    }

    private static bool Computes(IReadOnlyList<ProgramReport> programs, string name, string module) =>
        programs.Where(program => program.Name.StartsWith(name, StringComparison.Ordinal)).SelectMany(program => program.Launches).Any(launch => launch.Operation is Linear && launch.Path.Contains(module, StringComparison.Ordinal));
}
