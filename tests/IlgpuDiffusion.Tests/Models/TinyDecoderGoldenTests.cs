using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Models;

[TestClass]
public sealed class TinyDecoderGoldenTests
{
    [TestMethod]
    [DataRow(TestDevices.Oracle)]
    [DataRow(TestDevices.Cpu)]
    [DataRow(TestDevices.Winograd4)]
    [DataRow(TestDevices.IlgpuCpu)]
    public void PicturesAreTheReferences(string deviceName)
    {
        GoldenTensors golden = GoldenTensors.Find("models/taesd.golden.safetensors");
        string folder = Golden.Find("models/taesd");
        using WeightStore weights = WeightStore.Open(folder);
        AutoencoderTiny tiny = new(TinyConfig.Read(ComponentConfig.Read(Path.Combine(folder, "config.json"))));
        tiny.Check(weights);
        long[] shape = golden.Shape("latents");
        Graph graph = new();
        Value picture = tiny.Decode(new ModelBuilder(graph, weights), graph.Input("x", new Shape(1, (int)shape[2], (int)shape[3], (int)shape[1]), Stage.Request));
        using Device device = TestDevices.Create(deviceName);
        float[] result = ModelRunner.Run(device, weights, [picture], ("x", tiny.Bounded(GridLayout.ChannelsLast(golden.Floats("latents"), shape))))[0];
        GoldenAssert.Close(golden.Floats("decoded"), GridLayout.ChannelsFirst(result, golden.Shape("decoded")), 5e-5, deviceName);
    }
}
