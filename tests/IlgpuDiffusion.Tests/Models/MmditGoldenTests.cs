using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Models;

[TestClass]
public sealed class MmditGoldenTests
{
    private const double Bound = 5e-5;

    // In the order of computation, so that the first failure is the first layer that departs.
    private static readonly (string Recorded, string Mark)[] Modules =
    [
        ("pos_embed", "pos_embed"), ("context_embedder", "context_embedder"), ("time_text_embed", "time_text_embed"),
        .. Enumerable.Range(0, 4).SelectMany(i => ((string, string)[])[($"block{i}.hidden", $"transformer_blocks.{i}.hidden"), ($"block{i}.context", $"transformer_blocks.{i}.context")]).SkipLast(1),
    ];

    public static IEnumerable<object[]> Cases =>
        from device in (string[])[TestDevices.Oracle, TestDevices.Cpu, TestDevices.IlgpuCpu]
        from model in (string[])["sd3", "sd35"]
        select new object[] { model, device };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void EveryModuleGivesWhatTheReferenceGives(string model, string deviceName) =>
        Check(model, deviceName, "mmdit.latent", 1000, [.. Modules, ("out.1000.0", "")]);

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void OtherTimesAndSizesAreTheReferences(string model, string deviceName)
    {
        Check(model, deviceName, "mmdit.latent", 437.5, [("out.437.5", "")]);
        Check(model, deviceName, "mmdit.small.latent", 437.5, [("small.out.437.5", "")]);
    }

    [TestMethod]
    public void PicturesThatShareATextAreWhatTheyAreAlone()
    {
        using Device device = TestDevices.Create(TestDevices.Cpu);
        GoldenTensors golden = GoldenTensors.Find("models/sd35.golden.safetensors");
        long[] shape = golden.Shape("mmdit.latent");
        float[] latents = GridLayout.ChannelsLast(golden.Floats("mmdit.latent"), shape);
        int half = latents.Length / 2;

        // Two texts, of two pictures each.
        float[] all = Run(device, "sd35", golden, [.. latents, .. latents], [2 * shape[0], .. shape[1..]], 2, 437.5, [""])[0];
        float[] straight = Run(device, "sd35", golden, [.. latents[..half], .. latents[..half]], shape, 2, 437.5, [""])[0], other = Run(device, "sd35", golden, [.. latents[half..], .. latents[half..]], shape, 2, 437.5, [""])[0];
        CollectionAssert.AreEqual((float[])[.. straight[..half], .. other[..half], .. straight[half..], .. other[half..]], all);
    }

    private static void Check(string model, string deviceName, string latents, double time, (string Recorded, string Mark)[] expected)
    {
        GoldenTensors golden = GoldenTensors.Find($"models/{model}.golden.safetensors");
        long[] shape = golden.Shape(latents);
        using Device device = TestDevices.Create(deviceName);
        float[][] results = Run(device, model, golden, GridLayout.ChannelsLast(golden.Floats(latents), shape), shape, (int)shape[0], time, [.. expected.Select(e => e.Mark)]);
        for (int i = 0; i < expected.Length; i++)
        {
            string name = expected[i].Mark.Length > 0 ? $"mmdit.at.{expected[i].Recorded}" : $"mmdit.{expected[i].Recorded}";
            long[] recorded = golden.Shape(name);
            float[] actual = recorded.Length == 4 ? GridLayout.ChannelsFirst(results[i], recorded) : results[i];
            GoldenAssert.Close(golden.Floats(name), actual, Bound, $"{deviceName} {model} {name}");
        }
    }

    private static float[][] Run(Device device, string model, GoldenTensors golden, float[] latents, long[] shape, int texts, double time, string[] marks)
    {
        string folder = Golden.Find($"models/{model}/transformer");
        using WeightStore weights = WeightStore.Open(folder);
        MmditModel mmdit = MmditModel.Read(ComponentConfig.Read(Path.Combine(folder, "config.json")));
        mmdit.Check(weights);
        Graph graph = new();
        int tokens = (int)golden.Shape("mmdit.context")[1];
        Dictionary<string, Value> inputs = new()
        {
            [NetworkInputs.Context] = graph.Input(NetworkInputs.Context, new Shape(texts, 1, tokens, mmdit.Config.TextChannels), Stage.Request),
            [NetworkInputs.Pooled] = graph.Input(NetworkInputs.Pooled, new Shape(texts, 1, 1, mmdit.Config.PooledChannels), Stage.Request),
        };
        Value output = mmdit.Build(
            new ModelBuilder(graph, weights), graph.Input("latents", new Shape((int)shape[0], (int)shape[2], (int)shape[3], (int)shape[1]), Stage.Evaluation), graph.Input("time", Shape.Scalar, Stage.Schedule), inputs);
        return ModelRunner.Run(
            device,
            weights,
            [.. marks.Select(mark => mark.Length > 0 ? graph.Marks[mark] : output)],
            ("latents", latents),
            ("time", new[] { (float)time }),
            (NetworkInputs.Context, Rows(golden, "mmdit.context", texts)),
            (NetworkInputs.Pooled, Rows(golden, "mmdit.pooled", texts)));
    }

    private static float[] Rows(GoldenTensors golden, string name, int rows) => golden.Floats(name)[..(int)(golden.Shape(name).Skip(1).Aggregate(1L, (a, b) => a * b) * rows)];
}
