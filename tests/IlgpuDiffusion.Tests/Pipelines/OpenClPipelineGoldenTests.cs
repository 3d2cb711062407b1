using System.Globalization;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>A whole pipeline on the first OpenCL device; inconclusive where there is none.</summary>
[TestClass]
public sealed class OpenClPipelineGoldenTests
{
    private const double LeastPsnr = 50;

    private static PipelineOptions Options => new() { Device = TestDevice.OpenCl, Type = ElementType.F32 };

    [TestMethod]
    public async Task OpenClPaintsWhatTheProcessorPaints()
    {
        Image picture, expected;
        await using (DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Papercut, Options))
        {
            picture = (await pipeline.GenerateAsync(TestModels.Small)).Images.Single().Image;
        }

        await using (DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut))
        {
            expected = (await pipeline.GenerateAsync(TestModels.Small)).Images.Single().Image;
        }

        double psnr = ImageMetrics.Psnr(expected, picture);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"measured PSNR {psnr:F1} dB, largest difference {ImageMetrics.MaxDifference(expected, picture)}"));
        Assert.IsGreaterThanOrEqualTo(LeastPsnr, psnr);
    }

    [TestMethod]
    public async Task EveryStepOnOpenClIsDiffusers()
    {
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(Golden.Find("models/sd15"), Options);
        await new GoldenCall(GoldenTensors.Find("models/sd15.golden.safetensors"), GoldenCall.NamesIn("models/sd15.golden.safetensors").First()).Check(pipeline);
    }
}
