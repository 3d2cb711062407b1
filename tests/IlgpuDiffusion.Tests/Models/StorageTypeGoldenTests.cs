using System.IO.Compression;
using System.Text.Json;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Models;

/// <summary>Whole networks with activations in 16 bits, on the oracle: what they round, what is fused, what memory they take.</summary>
[TestClass]
public sealed class StorageTypeGoldenTests
{
    // Rounding errors of layers are independent, so they add up as the root of the layers: some 60 here, of which skips pass most on.
    private const double Roundings = 8;

    public static IEnumerable<object[]> Networks =>
        from model in (string[])["sd15", "sd21"]
        from type in (ElementType[])[ElementType.F16, ElementType.BF16]
        select new object[] { model, type };

    [TestMethod]
    [DynamicData(nameof(Networks))]
    public void ADenoiserDepartsBySomeRoundings(string model, ElementType type)
    {
        GoldenTensors golden = GoldenTensors.Find($"models/{model}.golden.safetensors");
        string folder = Golden.Find($"models/{model}/unet");
        using WeightStore weights = WeightStore.Open(folder);
        UNet2DConditionModel unet = UNet2DConditionModel.Read(ComponentConfig.Read(Path.Combine(folder, "config.json")));
        long[] shape = golden.Shape("unet.latent"), text = golden.Shape("unet.context");
        Graph graph = new();
        Value output = unet.Build(
            new ModelBuilder(graph, weights),
            graph.Input("latents", new Shape((int)shape[0], (int)shape[2], (int)shape[3], (int)shape[1]), Stage.Evaluation),
            graph.Input("time", Shape.Scalar, Stage.Schedule),
            graph.Input("text", new Shape((int)text[0], 1, (int)text[1], (int)text[2]), Stage.Request));
        (string, Array)[] inputs = [("latents", GridLayout.ChannelsLast(golden.Floats("unet.latent"), shape)), ("time", new[] { 500f }), ("text", golden.Floats("unet.context"))];
        Compare($"{model} denoiser", output, weights, type, inputs);
    }

    [TestMethod]
    [DataRow(ElementType.F16)]
    [DataRow(ElementType.BF16)]
    public void AnAutoencoderDepartsBySomeRoundings(ElementType type)
    {
        GoldenTensors golden = GoldenTensors.Find("models/sd15.golden.safetensors");
        string folder = Golden.Find("models/sd15/vae");
        using WeightStore weights = WeightStore.Open(folder, new WeightOptions { Rename = AutoencoderKl.CanonicalName });
        AutoencoderKl vae = AutoencoderKl.Read(ComponentConfig.Read(Path.Combine(folder, "config.json")));
        foreach (string name in (string[])["vae.latent", "vae.image"])
        {
            long[] shape = golden.Shape(name);
            ModelBuilder m = new(new Graph(), weights);
            Value x = m.Graph.Input("x", new Shape((int)shape[0], (int)shape[2], (int)shape[3], (int)shape[1]), Stage.Request);
            Value output = name == "vae.latent" ? vae.Decode(m, x) : vae.Encode(m, x).Mean;
            Compare(name, output, weights, type, ("x", GridLayout.ChannelsLast(golden.Floats(name), shape)));
        }
    }

    [TestMethod]
    [DynamicData(nameof(Networks))]
    public void ATextEncoderDepartsBySomeRoundings(string model, ElementType type)
    {
        GoldenTensors golden = GoldenTensors.Find($"models/{model}.golden.safetensors");
        string folder = Golden.Find($"models/{model}/text_encoder");
        using WeightStore weights = WeightStore.Open(folder);
        ClipTextModel clip = new(ClipConfig.Read(ComponentConfig.Read(Path.Combine(folder, "config.json"))));
        long[] shape = golden.Shape("text.ids");
        Graph graph = new();
        Value ids = graph.Input("ids", new TensorType(new Shape((int)shape[0], 1, (int)shape[1], 1), ElementType.I32), Stage.Request);
        Compare($"{model} text encoder", clip.Build(new ModelBuilder(graph, weights), ids).Last, weights, type, ("ids", golden.Longs("text.ids").Select(id => (int)id).ToArray()));
    }

    [TestMethod]
    [DataRow("sd15")]
    [DataRow("sd21")]
    public void APublishedDenoiserIsFusedAsInF32AndTakesHalfTheArena(string model)
    {
        Executable wide = Denoiser(model, ElementType.F32), narrow = Denoiser(model, ElementType.BF16);
        CollectionAssert.AreEqual(Fusions(wide), Fusions(narrow));
        ProgramReport before = wide.Programs[^1], after = narrow.Programs[^1];

        // Latents are cast once on the way in and once on the way out.
        Assert.AreEqual(before.Launches.Count + 2, after.Launches.Count);
        Console.WriteLine($"measured {model}: an arena of {before.ArenaBytes >> 20} MiB in F32, {after.ArenaBytes >> 20} MiB in BF16");
        Assert.IsLessThan(0.55, (double)after.ArenaBytes / before.ArenaBytes);
    }

    private static string[] Fusions(Executable executable) =>
        [.. executable.Passes.Where(pass => pass.Name is not ("types" or "layouts")).Select(pass => $"{pass.Name} {pass.Taken}")];

    private static Executable Denoiser(string model, ElementType type)
    {
        using GZipStream stream = new(File.OpenRead(Golden.Find($"keys/{model}.unet.json.gz")), CompressionMode.Decompress);
        using JsonDocument json = JsonDocument.Parse(stream);
        (string, long[])[] shapes = [.. json.RootElement.GetProperty("tensors").EnumerateObject().Select(t => (t.Name, t.Value.EnumerateArray().Select(s => s.GetInt64()).ToArray()))];
        using WeightStore weights = WeightStore.ShapesOnly(shapes, ElementType.F16);
        UNet2DConditionModel unet = UNet2DConditionModel.Read(ComponentConfig.Parse(json.RootElement.GetProperty("config").GetRawText(), model));
        Graph graph = new();
        Value output = unet.Build(
            new ModelBuilder(graph, weights),
            graph.Input("latents", new Shape(2, 64, 64, unet.Config.InChannels), Stage.Evaluation),
            graph.Input("time", Shape.Scalar, Stage.Schedule),
            graph.Input("text", new Shape(2, 1, 77, unet.TextChannels), Stage.Request));
        using NullDevice device = new();
        return Executable.Compile([new Variant(output)], device, new CompileOptions { Type = type });
    }

    private static void Compare(string what, Value output, WeightStore weights, ElementType type, params (string Name, Array Data)[] inputs)
    {
        using OracleDevice device = new(Graphs.Ops.Fusions.All);
        float[] expected = ModelRunner.Run(device, weights, [output], inputs)[0];
        float[] actual = ModelRunner.Run(device, weights, [output], type, inputs)[0];
        double error = Math.Sqrt(expected.Zip(actual, (a, b) => ((double)a - b) * ((double)a - b)).Sum() / expected.Sum(a => (double)a * a));
        double unit = type == ElementType.F16 ? 1.0 / 2048 : 1.0 / 256;
        Console.WriteLine(FormattableString.Invariant($"measured {what} in {type}: rms of the difference {error:E2} of the rms of the result, {error / unit:F1} roundings"));
        Assert.IsLessThan(Roundings, error / unit, what);
        Assert.IsGreaterThan(0.0, error, "nothing was rounded");
    }
}
