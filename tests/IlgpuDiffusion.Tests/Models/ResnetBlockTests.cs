using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Models;

[TestClass]
public sealed class ResnetBlockTests
{
    private const int Channels = 4;

    [TestMethod]
    public void ATimeThatScalesIsAnotherSecondNorm()
    {
        float[] scale = [0.5f, -0.25f, 0, 1];
        float[] shift = [0.1f, 0.2f, -0.3f, 0];
        float[] gamma = [1, 2, 0.5f, -1];
        float[] beta = [0.3f, 0, -0.2f, 0.4f];

        // norm · (1 + s) + b with γ, β in the norm.
        float[] expected = Run(null, [.. gamma.Zip(scale, (g, s) => g * (1 + s))], [.. beta.Select((b, i) => b * (1 + scale[i]) + shift[i])], 1);
        float[] actual = Run([.. scale, .. shift], gamma, beta, 1);
        GoldenAssert.Close(expected, actual, 1e-6, "time as scale and shift");
    }

    [TestMethod]
    public void TheSumIsDividedByTheOutputScale()
    {
        float[] ones = [1, 1, 1, 1];
        float[] zeros = [0, 0, 0, 0];
        float[] whole = Run(null, ones, zeros, 1);
        GoldenAssert.Close([.. whole.Select(v => v / 4)], Run(null, ones, zeros, 4), 1e-6, "output scale");
    }

    private static float[] Run(float[]? timeBias, float[] gamma, float[] beta, double outputScale)
    {
        SafetensorsWriter writer = new();
        float[] kernel = [.. Enumerable.Range(0, Channels * Channels * 9).Select(i => (float)Math.Sin(i))];
        writer.Add("conv1.weight", [Channels, Channels, 3, 3], kernel);
        writer.Add("conv1.bias", [Channels], [0.1f, 0.2f, 0.3f, 0.4f]);
        writer.Add("conv2.weight", [Channels, Channels, 3, 3], [.. kernel.Reverse()]);
        writer.Add("conv2.bias", [Channels], [0, -0.1f, 0, 0.1f]);
        writer.Add("norm1.weight", [Channels], [1, 1, 2, 2]);
        writer.Add("norm1.bias", [Channels], [0, 0.5f, 0, -0.5f]);
        writer.Add("norm2.weight", [Channels], gamma);
        writer.Add("norm2.bias", [Channels], beta);
        if (timeBias is not null)
        {
            writer.Add("time_emb_proj.weight", [2 * Channels, 3], new float[2 * Channels * 3]);
            writer.Add("time_emb_proj.bias", [2 * Channels], timeBias);
        }

        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
        writer.Save(path);
        try
        {
            using WeightStore weights = WeightStore.Open(path);
            Graph graph = new();
            ModelBuilder m = new(graph, weights);
            Value x = graph.Input("x", new Shape(1, 3, 2, Channels), Stage.Evaluation);
            Value? time = timeBias is null ? null : graph.Input("time", Shape.Vector(3), Stage.Request);
            Value y = new ResnetBlock(2, 1e-5, Activation.Silu) { TimeScales = true, OutputScale = outputScale }.Build(m, x, time, Channels);
            m.RequireAllUsed();
            using Device device = TestDevices.Create();
            float[] data = [.. Enumerable.Range(0, 3 * 2 * Channels).Select(i => (float)Math.Cos(i))];
            return ModelRunner.Run(device, weights, [y], ("x", data), ("time", new float[3]))[0];
        }
        finally
        {
            File.Delete(path);
        }
    }
}
