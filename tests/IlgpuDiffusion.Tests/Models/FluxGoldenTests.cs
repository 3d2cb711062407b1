using System.Globalization;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Models;

[TestClass]
public sealed class FluxGoldenTests
{
    private const double Bound = 5e-5;

    // In the order of computation, so that the first failure is the first layer that departs.
    private static readonly (string Recorded, string Mark)[] Modules =
    [
        ("x_embedder", "x_embedder"), ("context_embedder", "context_embedder"), ("time_text_embed", "time_text_embed"),
        .. Enumerable.Range(0, 2).SelectMany(i => Both($"block{i}", $"transformer_blocks.{i}")),
        .. Enumerable.Range(0, 3).SelectMany(i => Both($"single{i}", $"single_transformer_blocks.{i}")).SkipLast(1),
    ];

    public static IEnumerable<object[]> Cases =>
        from device in (string[])[TestDevices.Oracle, TestDevices.Cpu, TestDevices.IlgpuCpu]
        from model in (string[])["flux-dev", "flux-schnell"]
        select new object[] { model, device };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void EveryModuleGivesWhatTheReferenceGives(string model, string deviceName) => Check(model, deviceName, 0.7, 3.5f, [.. Modules, ("out.0.7", "")]);

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void OtherTimesAreTheReferences(string model, string deviceName) => Check(model, deviceName, 0.25, 1, [("out.0.25", "")]);

    [TestMethod]
    public void PlacesTurnAsTheReference()
    {
        GoldenTensors golden = GoldenTensors.Find("models/flux-dev.golden.safetensors");
        float[] values = new RotaryTable(new Grid(8, 12), new Grid(8, 12), 4, 8, 10000).Values();
        foreach ((string name, int odd) in new[] { ("flux.rope.cos", 0), ("flux.rope.sin", 1) })
        {
            float[] recorded = golden.Floats(name);

            // Text comes first and is not turned; of a picture's 16 channels the first 4 are not, and each angle stands twice.
            CollectionAssert.AreEqual(Enumerable.Repeat(1f - odd, 32 * 16).ToArray(), recorded[..(32 * 16)]);
            float[] ours = [.. Enumerable.Range(0, 96 * 16).Select(i => i % 16 < 4 ? 1f - odd : values[(i / 16 * 12) + (((i % 16) - 4) / 2 * 2) + odd])];
            GoldenAssert.Close(recorded[(32 * 16)..], ours, 1e-6, name);
        }
    }

    private static (string, string)[] Both(string recorded, string mark) => [($"{recorded}.hidden", $"{mark}.hidden"), ($"{recorded}.context", $"{mark}.context")];

    private static void Check(string model, string deviceName, double time, float guidance, (string Recorded, string Mark)[] expected)
    {
        GoldenTensors golden = GoldenTensors.Find($"models/{model}.golden.safetensors");
        string folder = Golden.Find($"models/{model}/transformer");
        using WeightStore weights = WeightStore.Open(folder);
        FluxModel flux = FluxModel.Read(ComponentConfig.Read(Path.Combine(folder, "config.json")));
        flux.Check(weights);
        Graph graph = new();
        long[] text = golden.Shape("flux.context");
        Dictionary<string, Value> inputs = new()
        {
            [NetworkInputs.Context] = graph.Input(NetworkInputs.Context, new Shape((int)text[0], 1, (int)text[1], (int)text[2]), Stage.Request),
            [NetworkInputs.Pooled] = graph.Input(NetworkInputs.Pooled, new Shape((int)text[0], 1, 1, flux.Config.PooledChannels), Stage.Request),
            [NetworkInputs.Guidance] = graph.Input(NetworkInputs.Guidance, Shape.Scalar, Stage.Schedule),
        };
        Value output = flux.Build(new ModelBuilder(graph, weights), graph.Input("latents", new Shape(2, 16, 24, flux.Config.LatentChannels), Stage.Evaluation), graph.Input("time", Shape.Scalar, Stage.Schedule), inputs);
        using Device device = TestDevices.Create(deviceName);
        float[][] results = ModelRunner.Run(
            device,
            weights,
            [.. expected.Select(e => e.Mark.Length > 0 ? graph.Marks[e.Mark] : output)],
            ("latents", PackedLatents.Unpack(golden.Floats("flux.hidden"), 2, 16, 24)),
            ("time", new[] { (float)(1000 * time) }),
            (NetworkInputs.Guidance, new[] { guidance }),
            (NetworkInputs.Context, golden.Floats("flux.context")),
            (NetworkInputs.Pooled, golden.Floats("flux.pooled")));
        for (int i = 0; i < expected.Length; i++)
        {
            string name = expected[i].Mark.Length > 0 ? $"flux.at.{expected[i].Recorded}" : $"flux.{expected[i].Recorded}";
            float[] recorded = expected[i].Mark.Length > 0 ? golden.Floats(name) : PackedLatents.Unpack(golden.Floats(name), 2, 16, 24);
            GoldenAssert.Close(recorded, results[i], Bound, string.Create(CultureInfo.InvariantCulture, $"{deviceName} {model} {name}"));
        }
    }
}
