using System.Globalization;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Models;

[TestClass]
public sealed class UNetGoldenTests
{
    private const double Bound = 5e-5;

    // In the order of computation, so that the first failure is the first layer that departs.
    private static readonly string[] Order = ["conv_in", "time_embedding", "down_blocks", "mid_block", "up_blocks"];

    /// <summary>Every recorded model on the oracle and by every method of the processor.</summary>
    public static IEnumerable<object[]> Cases =>
        from device in (string[])[TestDevices.Oracle, TestDevices.Cpu, TestDevices.Winograd2, TestDevices.Winograd4, TestDevices.Direct, TestDevices.Phases]
        from model in (string[])["sd15", "sd21", "sd15-inpaint", "sdxl"]
        select new object[] { model, device };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void EveryModuleGivesWhatTheReferenceGives(string model, string deviceName)
    {
        GoldenTensors golden = GoldenTensors.Find($"models/{model}.golden.safetensors");
        string[] names = [.. golden.Names.Where(n => n.StartsWith("unet.at.", StringComparison.Ordinal)).OrderBy(n => Array.FindIndex(Order, o => n.Contains(o, StringComparison.Ordinal))).ThenBy(n => n, StringComparer.Ordinal)];
        Assert.IsNotEmpty(names);
        double time = Times(golden, "unet.out.").Max();
        Check(model, deviceName, golden, "unet.latent", time, [.. names, $"unet.out.{time}"]);
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    [DataRow("sdxl-refiner", TestDevices.Oracle)]
    [DataRow("sdxl-refiner", TestDevices.Cpu)]
    public void OutputsAtAllTimesAreTheReferences(string model, string deviceName)
    {
        GoldenTensors golden = GoldenTensors.Find($"models/{model}.golden.safetensors");
        foreach (double time in Times(golden, "unet.out."))
        {
            Check(model, deviceName, golden, "unet.latent", time, [$"unet.out.{time}"]);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void OddGridsAreRestoredOnTheWayUp(string model, string deviceName)
    {
        GoldenTensors golden = GoldenTensors.Find($"models/{model}.golden.safetensors");
        foreach (double time in Times(golden, "unet.odd.out."))
        {
            Check(model, deviceName, golden, "unet.odd.latent", time, [$"unet.odd.out.{time}"]);
        }
    }

    private static void Check(string model, string deviceName, GoldenTensors golden, string latents, double time, string[] expected)
    {
        string folder = Golden.Find($"models/{model}/unet");
        using WeightStore weights = WeightStore.Open(folder);
        UNet2DConditionModel unet = UNet2DConditionModel.Read(ComponentConfig.Read(Path.Combine(folder, "config.json")), model == "sdxl-refiner" ? UNetAddition.SizesAndScore : UNetAddition.Sizes);
        Graph graph = new();
        ModelBuilder m = new(graph, weights);
        long[] shape = golden.Shape(latents);
        Dictionary<string, Value> inputs = unet.Inputs.ToDictionary(input => input.Name, input => graph.Input(input.Name, ShapeOf(golden, Recorded[input.Name]), Stage.Request));
        Value output = unet.Build(
            m,
            graph.Input("latents", new Shape((int)shape[0], (int)shape[2], (int)shape[3], (int)shape[1]), Stage.Evaluation),
            graph.Input("time", Shape.Scalar, Stage.Request),
            inputs);
        m.RequireAllUsed();

        const string At = "unet.at.";
        Value[] wanted = [.. expected.Select(n => n.StartsWith(At, StringComparison.Ordinal) ? graph.Marks[n[At.Length..]] : output)];
        using Device device = TestDevices.Create(deviceName);
        float[][] results = ModelRunner.Run(
            device,
            weights,
            wanted,
            [("latents", GridLayout.ChannelsLast(golden.Floats(latents), shape)), ("time", new[] { (float)time }), .. inputs.Keys.Select(name => (name, (Array)golden.Floats(Recorded[name])))]);
        for (int i = 0; i < expected.Length; i++)
        {
            Compare(golden, expected[i], results[i], $"{deviceName} {model} {expected[i]}");
        }
    }

    // The recording's names of the network's inputs.
    private static readonly Dictionary<string, string> Recorded = new()
    {
        [NetworkInputs.Context] = "unet.context",
        [NetworkInputs.Pooled] = "unet.text_embeds",
        [NetworkInputs.TimeIds] = "unet.time_ids",
    };

    private static Shape ShapeOf(GoldenTensors golden, string name)
    {
        long[] shape = golden.Shape(name);
        return new Shape((int)shape[0], 1, shape.Length == 3 ? (int)shape[1] : 1, (int)shape[^1]);
    }

    private static void Compare(GoldenTensors golden, string name, float[] actual, string what)
    {
        long[] shape = golden.Shape(name);
        if (shape.Length == 4)
        {
            GoldenAssert.Close(golden.Floats(name), GridLayout.ChannelsFirst(actual, shape), Bound, what);
            return;
        }

        // A vector of each image, which is held once where all images share their time.
        float[] rows = [.. Enumerable.Range(0, (int)shape[0]).SelectMany(_ => actual)];
        GoldenAssert.Close(golden.Floats(name), rows, Bound, what);
    }

    private static double[] Times(GoldenTensors golden, string prefix) =>
        [.. golden.Names.Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).Select(n => double.Parse(n[prefix.Length..], CultureInfo.InvariantCulture))];
}
