using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Models;

[TestClass]
public sealed class ClipTextModelGoldenTests
{
    private const double Bound = 5e-5;

    [TestMethod]
    [DataRow("sd15", TestDevices.Oracle)]
    [DataRow("sd21", TestDevices.Oracle)]
    [DataRow("sd15", TestDevices.Cpu)]
    [DataRow("sd21", TestDevices.Cpu)]
    public void HiddenStatesAreTheReferences(string model, string deviceName)
    {
        GoldenTensors golden = GoldenTensors.Find($"models/{model}.golden.safetensors");
        string folder = Golden.Find($"models/{model}/text_encoder");
        using WeightStore weights = WeightStore.Open(folder);
        ClipTextModel clip = new(ClipConfig.Read(ComponentConfig.Read(Path.Combine(folder, "config.json"))));
        long[] shape = golden.Shape("text.ids");
        Graph graph = new();
        ModelBuilder m = new(graph, weights);
        ClipTextStates states = clip.Build(m, graph.Input("ids", new TensorType(new Shape((int)shape[0], 1, (int)shape[1], 1), ElementType.I32), Stage.Request));
        m.RequireAllUsed(ClipTextModel.IsUnneeded);

        int[] ids = [.. golden.Longs("text.ids").Select(id => (int)id)];
        using Device device = TestDevices.Create(deviceName);
        float[][] results = ModelRunner.Run(device, weights, [states.Skip(1, normalize: false), states.Last], ("ids", ids));
        GoldenAssert.Close(golden.Floats("text.penultimate"), results[0], Bound, $"{deviceName} {model} text.penultimate");
        GoldenAssert.Close(golden.Floats("text.last"), results[1], Bound, $"{deviceName} {model} text.last");
        Assert.AreSame(graph, states.Last.Graph);
        Assert.AreEqual(states.Last, states.Skip(0));
    }

    [TestMethod]
    [DataRow("text_encoder", "text", TestDevices.Oracle)]
    [DataRow("text_encoder_2", "text2", TestDevices.Oracle)]
    [DataRow("text_encoder", "text", TestDevices.Cpu)]
    [DataRow("text_encoder_2", "text2", TestDevices.Cpu)]
    public void PooledTextIsTheReferences(string component, string recorded, string deviceName)
    {
        GoldenTensors golden = GoldenTensors.Find("models/sdxl.golden.safetensors");
        string folder = Golden.Find($"models/sdxl/{component}");
        using WeightStore weights = WeightStore.Open(folder);
        ClipTextModel clip = new(ClipConfig.Read(ComponentConfig.Read(Path.Combine(folder, "config.json"))), projects: component == "text_encoder_2");
        clip.Check(weights);
        int texts = (int)golden.Shape($"{recorded}.ids")[0], length = (int)golden.Shape($"{recorded}.ids")[1];
        int[] ids = [.. golden.Longs($"{recorded}.ids").Select(id => (int)id)];
        int[] ends = [.. Enumerable.Range(0, texts).Select(i => clip.EndOf(ids.AsSpan(i * length, length)))];
        Graph graph = new();
        ClipTextStates states = clip.Build(new ModelBuilder(graph, weights), graph.Input("ids", new TensorType(new Shape(texts, 1, length, 1), ElementType.I32), Stage.Request));
        Value pooled = states.Pooled(graph.Input("ends", new TensorType(new Shape(texts, 1, 1, 1), ElementType.I32), Stage.Request));
        using Device device = TestDevices.Create(deviceName);
        float[][] results = ModelRunner.Run(device, weights, [states.Skip(1, normalize: false), states.Last, pooled], ("ids", ids), ("ends", ends));
        GoldenAssert.Close(golden.Floats($"{recorded}.penultimate"), results[0], Bound, $"{deviceName} {recorded}.penultimate");
        GoldenAssert.Close(golden.Floats($"{recorded}.last"), results[1], Bound, $"{deviceName} {recorded}.last");
        GoldenAssert.Close(golden.Floats($"{recorded}.pooled"), results[2], Bound, $"{deviceName} {recorded}.pooled");
    }
}
