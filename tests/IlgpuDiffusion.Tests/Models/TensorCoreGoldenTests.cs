using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Testing.Ptx;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Models;

/// <summary>Recorded networks in 16 bits by the kernels for tensor cores, their code run instruction by instruction: products, convolutions and attention as CUDA launches them.</summary>
[TestClass]
public sealed class TensorCoreGoldenTests
{
    private const double LeastDecibels = 30;

    private static GpuDevice Device => PtxRunner.Open();

    [TestMethod]
    public void ADenoisersTransformersAreTheReferences()
    {
        const ElementType Type = ElementType.BF16;
        GoldenTensors golden = GoldenTensors.Find("models/sd15.golden.safetensors");
        string folder = Golden.Find("models/sd15/unet");
        using WeightStore weights = WeightStore.Open(folder);
        UNet2DConditionModel unet = UNet2DConditionModel.Read(ComponentConfig.Read(Path.Combine(folder, "config.json")));
        long[] shape = golden.Shape("unet.latent"), text = golden.Shape("unet.context");
        Graph graph = new();
        unet.Build(
            new ModelBuilder(graph, weights),
            graph.Input("latents", new Shape((int)shape[0], (int)shape[2], (int)shape[3], (int)shape[1]), Stage.Evaluation),
            graph.Input("time", Shape.Scalar, Stage.Schedule),
            graph.Input("text", new Shape((int)text[0], 1, (int)text[1], (int)text[2]), Stage.Request));
        using GpuDevice device = Device;
        string[] names = ["down_blocks.0", "mid_block"];
        float[][] results = ModelRunner.Run(
            device,
            weights,
            [.. names.Select(name => graph.Marks[name])],
            Type,
            ("latents", GridLayout.ChannelsLast(golden.Floats("unet.latent"), shape)),
            ("time", new[] { 981f }),
            ("text", golden.Floats("unet.context")));
        foreach ((string name, float[] result) in names.Zip(results))
        {
            Check(golden, $"unet.at.{name}", result, Type);
        }
    }

    [TestMethod]
    public void ATextEncoderIsTheReferences()
    {
        GoldenTensors golden = GoldenTensors.Find("models/sd15.golden.safetensors");
        string folder = Golden.Find("models/sd15/text_encoder");
        using WeightStore weights = WeightStore.Open(folder);
        ClipTextModel clip = new(ClipConfig.Read(ComponentConfig.Read(Path.Combine(folder, "config.json"))));
        long[] shape = golden.Shape("text.ids");
        Graph graph = new();
        Value ids = graph.Input("ids", new TensorType(new Shape((int)shape[0], 1, (int)shape[1], 1), ElementType.I32), Stage.Request);
        using GpuDevice device = Device;
        float[] last = ModelRunner.Run(device, weights, [clip.Build(new ModelBuilder(graph, weights), ids).Last], ElementType.F16, ("ids", golden.Longs("text.ids").Select(id => (int)id).ToArray()))[0];
        Check(golden, "text.last", last, ElementType.F16);
    }

    // The error's power to the signal's.
    private static void Check(GoldenTensors golden, string name, float[] actual, ElementType type)
    {
        long[] shape = golden.Shape(name);
        float[] expected = golden.Floats(name), got = shape.Length == 4 ? GridLayout.ChannelsFirst(actual, shape) : actual;
        double error = expected.Zip(got, (a, b) => ((double)a - b) * ((double)a - b)).Sum(), signal = expected.Sum(a => (double)a * a);
        double decibels = 10 * Math.Log10(signal / error);
        Console.WriteLine(FormattableString.Invariant($"measured {name} in {type}: {decibels:F1} dB"));
        Assert.IsGreaterThanOrEqualTo(LeastDecibels, decibels, name);
    }
}
