using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Pipelines;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Models;

/// <summary>Text encoders in F32 on the device that ILGPU drives and on the processor, by their distance from sums in double precision.</summary>
[TestClass]
public sealed class GpuTextEncoderGoldenTests
{
    // Roundings fall otherwise on each device: at most 1.24 was measured (docs/numerics.md).
    private const double Most = 2;

    [TestMethod]
    [DataRow("sd15", 5)]
    [DataRow("sd21", 5)]
    [DataRow("papercut", 5)]
    [DataRow("papercut", 6)]
    [DataRow("papercut", 7)]
    public void EveryLayerIsAsNearToDoublePrecisionAsOnTheProcessor(string model, int seed)
    {
        string folder = Path.Combine(model == "papercut" ? TestModels.Papercut : Golden.Find($"models/{model}"), "text_encoder");
        using WeightStore weights = WeightStore.Open(folder);
        ClipTextModel clip = new(ClipConfig.Read(ComponentConfig.Read(Path.Combine(folder, "config.json"))));
        int positions = clip.Config.Positions, rows = 2;
        Random random = new(seed);
        int[] ids = [.. Enumerable.Range(0, rows * positions).Select(i => i % positions < 12 ? random.Next(clip.Config.VocabularySize) : clip.Config.VocabularySize - 1)];
        float[][] exact = Run(TestDevices.Create()), processor = Run(TestDevices.Create(TestDevices.Cpu)), ours = Run(TestDevice.Open());
        for (int i = 0; i < exact.Length; i++)
        {
            (double Rms, double Largest) ofProcessor = Distance(exact[i], processor[i]), of = Distance(exact[i], ours[i]), between = Distance(processor[i], ours[i]);
            Console.WriteLine(FormattableString.Invariant($"measured {model} {i}: from f64 {of.Rms:E2} rms, {of.Largest:E2} largest; the processor {ofProcessor.Rms:E2}, {ofProcessor.Largest:E2}; the two {between.Rms:E2}, {between.Largest:E2}"));
            Assert.IsGreaterThan(0.0, ofProcessor.Rms, "the processor rounds");
            Assert.IsLessThanOrEqualTo(Most * ofProcessor.Rms, of.Rms, $"states of layer {i}");
        }

        float[][] Run(Device device)
        {
            using (device)
            {
                Graph graph = new();
                ClipTextStates states = clip.Build(new ModelBuilder(graph, weights), graph.Input("ids", new TensorType(new Shape(rows, 1, positions, 1), ElementType.I32), Stage.Request));
                return ModelRunner.Run(device, weights, [.. Enumerable.Range(0, states.Layers).Reverse().Select(skip => states.Skip(skip, normalize: false)), states.Last], ("ids", ids));
            }
        }
    }

    // Of the largest number.
    private static (double Rms, double Largest) Distance(float[] expected, float[] actual)
    {
        double scale = expected.Max(Math.Abs);
        double[] off = [.. expected.Zip(actual, (a, b) => Math.Abs((double)a - b) / scale)];
        return (Math.Sqrt(off.Average(x => x * x)), off.Max());
    }
}
