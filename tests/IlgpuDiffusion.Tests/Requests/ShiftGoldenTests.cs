using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Pipelines;

namespace IlgpuDiffusion.Tests.Requests;

/// <summary>A request's shift in place of the model's, fixed or by the picture's size.</summary>
[TestClass]
public sealed class ShiftGoldenTests
{
    [TestMethod]
    [DataRow(1, "flow-euler-shift1-4")]
    [DataRow(3, "flow-euler-4")]
    public async Task ItPlacesTheStepsAsAConfigurationWithThatShift(double shift, string recorded)
    {
        // The model's own is 3.
        float[] expected = GoldenTensors.Find($"schedulers/{recorded}.safetensors").Floats("sigmas");
        GoldenAssert.Close(expected, await Sigmas("sd3", new() { Steps = 4, Shift = shift }), 1e-6, recorded);
    }

    [TestMethod]
    public async Task ItTakesThePlaceOfOneThatGoesByThePicturesSize()
    {
        const double Shift = 2.5;
        const int Steps = 5;
        double[] even = [.. Enumerable.Range(0, Steps).Select(i => (double)(Steps - i) / Steps)];
        float[] expected = [.. even.Select(sigma => (float)(Shift * sigma / (1 + ((Shift - 1) * sigma)))), 0];
        foreach (int side in (int[])[64, 128])
        {
            GoldenAssert.Close(expected, await Sigmas("flux-dev", new() { Steps = Steps, Shift = Shift, Width = side, Height = side }), 1e-6, $"{side}");
        }
    }

    [TestMethod]
    public async Task PicturesSayIt()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(Golden.Find("models/flux-dev"));
        GeneratedImage own = (await pipeline.GenerateAsync(TestModels.Small)).Images[0], other = (await pipeline.GenerateAsync(TestModels.Small with { Shift = 6 })).Images[0];
        Assert.IsNull(own.Metadata.Shift);
        Assert.AreEqual(6, other.Metadata.Shift);
        StringAssert.Contains(other.Parameters, "Shift: 6");
        CollectionAssert.AreNotEqual(own.Image.Pixels, other.Image.Pixels);
    }

    private static async Task<float[]> Sigmas(string model, GenerationRequest request)
    {
        await using DiffusionPipeline pipeline = TestModels.Open(Golden.Find($"models/{model}"));
        return [.. pipeline.Resolve(request).Program.Schedule.Levels.Select(level => (float)level.Sigma)];
    }
}
