using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Models;

[TestClass]
public sealed class T5EncoderGoldenTests
{
    private const double Bound = 2e-4;

    [TestMethod]
    [DataRow("sd3", "text_encoder_3", "text3", TestDevices.Oracle)]
    [DataRow("sd3", "text_encoder_3", "text3", TestDevices.Cpu)]
    [DataRow("sd3", "text_encoder_3", "text3", TestDevices.IlgpuCpu)]
    [DataRow("flux-dev", "text_encoder_2", "text2", TestDevices.Oracle)]
    [DataRow("flux-dev", "text_encoder_2", "text2", TestDevices.Cpu)]
    public void LastStatesAreTheReferences(string model, string component, string recorded, string deviceName)
    {
        GoldenTensors golden = GoldenTensors.Find($"models/{model}.golden.safetensors");
        string folder = Golden.Find($"models/{model}/{component}");
        using WeightStore weights = WeightStore.Open(folder);
        T5EncoderModel t5 = new(T5Config.Read(ComponentConfig.Read(Path.Combine(folder, "config.json"))));
        t5.Check(weights);
        long[] shape = golden.Shape($"{recorded}.ids");
        int tokens = (int)shape[1];
        Graph graph = new();
        Value Ints(string name, Shape of) => graph.Input(name, new TensorType(of, ElementType.I32), Stage.Request);
        Value states = t5.Build(new ModelBuilder(graph, weights), Ints("ids", new Shape((int)shape[0], 1, tokens, 1)), Ints("buckets", new Shape(1, 1, (2 * tokens) - 1, 1)));
        using Device device = TestDevices.Create(deviceName);
        float[] last = ModelRunner.Run(device, weights, [states], ("ids", golden.Longs($"{recorded}.ids").Select(id => (int)id).ToArray()), ("buckets", t5.Buckets(tokens)))[0];
        GoldenAssert.Close(golden.Floats($"{recorded}.last"), last, Bound, $"{deviceName} {model} {recorded}.last");
    }

    [TestMethod]
    public void DistancesBeyondTheLargestShareANumber()
    {
        int[] buckets = new T5EncoderModel(new T5Config()).Buckets(512);
        Assert.HasCount(1023, buckets);
        CollectionAssert.AreEqual(new[] { 9, 8, 7, 2, 1, 0, 17, 18, 23, 24, 25 }, (int[])[.. new[] { -12, -8, -7, -2, -1, 0, 1, 2, 7, 8, 12 }.Select(distance => buckets[511 + distance])]);
        Assert.AreEqual((15, 31, 15, 31, 14), (buckets[0], buckets[^1], buckets[511 - 128], buckets[511 + 128], buckets[511 - 90]));
    }
}
