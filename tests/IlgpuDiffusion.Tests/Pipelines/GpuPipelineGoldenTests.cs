using System.Globalization;
using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>
/// Whole pipelines on the device that ILGPU drives, its kernels run on the processor: against diffusers, and against the CPU device. What else is recorded
/// of calls (samplers, clip skip, no guidance, batches) launches the same kernels, and is held to diffusers on the CPU device.
/// </summary>
[TestClass]
public sealed class GpuPipelineGoldenTests
{
    private const double LeastPsnr = 50;

    private static PipelineOptions Options => new() { Device = () => TestDevice.Open(), Type = ElementType.F32 };

    private static readonly SharedPipelines<string> Pipelines = new(folder => DiffusionPipeline.Open(folder, Options));

    [ClassCleanup]
    public static async Task Close() => await Pipelines.DisposeAsync();

    [TestMethod]
    [DataRow("sd15", "sd15", "txt2img")]
    [DataRow("sd15-img2img", "sd15", "inpaint")]
    [DataRow("sd21", "sd21", "rescale")]
    public Task EveryStepIsDiffusers(string recording, string model, string call) =>
        new GoldenCall(GoldenTensors.Find($"models/{recording}.golden.safetensors"), call).Check(Pipelines[Golden.Find($"models/{model}")]);

    [TestMethod]
    public async Task AnInpaintingNetworkIsDiffusers()
    {
        using InpaintingModel model = new();
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(model.Folder, Options);
        await new GoldenCall(GoldenTensors.Find("models/sd15-inpaint.golden.safetensors"), "inpaint").Check(pipeline);
    }

    [TestMethod]
    public async Task PapercutPaintsWhatItPaintsOnTheProcessor()
    {
        GenerationRequest request = new() { Prompt = "a red house in a green meadow by day", Width = 64, Height = 64, Steps = 2, Seed = 7 };
        await using DiffusionPipeline processor = TestModels.Open(TestModels.Papercut);
        Image expected = await Paint(processor), picture = await Paint(Pipelines[TestModels.Papercut]);
        double psnr = ImageMetrics.Psnr(expected, picture);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"measured PSNR {psnr:F1} dB, largest difference {ImageMetrics.MaxDifference(expected, picture)}"));
        Assert.IsGreaterThanOrEqualTo(LeastPsnr, psnr);

        async Task<Image> Paint(DiffusionPipeline pipeline) => (await pipeline.GenerateAsync(request)).Images.Single().Image;
    }

    [TestMethod]
    public async Task ARequestGivesTheSamePictureAgainAndInABatch()
    {
        GenerationRequest request = TestModels.Small with { Sampler = "DPM++ 2M" };
        DiffusionPipeline pipeline = Pipelines[TestModels.Tiny];
        byte[][] two = await pipeline.Pixels(request with { BatchCount = 2 });
        CollectionAssert.AreEqual(two[0], (await pipeline.Pixels(request))[0]);
        CollectionAssert.AreEqual(two[1], (await pipeline.Pixels(request with { Seed = request.Seed + 1 }))[0]);
    }

    [TestMethod]
    public async Task TooLittleMemoryLeavesThePipelineUsable()
    {
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Tiny, Options with { Device = () => TestDevice.Open(new GpuDeviceOptions { MemoryLimit = 40 << 20 }) });
        byte[] before = (await pipeline.Pixels(TestModels.Small))[0];
        DeviceMemoryException e = await Assert.ThrowsExactlyAsync<DeviceMemoryException>(() => pipeline.GenerateAsync(TestModels.Small with { Width = 1024, Height = 1024, VaeTiling = false }));
        Assert.Contains("are available", e.Message);
        CollectionAssert.AreEqual(before, (await pipeline.Pixels(TestModels.Small))[0]);
    }

    [TestMethod]
    public async Task ACancelledRequestLeavesThePipelineUsable()
    {
        DiffusionPipeline pipeline = Pipelines[TestModels.Tiny];
        using CancellationTokenSource cancellation = new();
        Immediate<GenerationProgress> cancel = new(_ => cancellation.Cancel());
        await Assert.ThrowsAsync<OperationCanceledException>(() => pipeline.GenerateAsync(TestModels.Small, cancel, cancellation.Token));
        Assert.HasCount(1, await pipeline.Pixels(TestModels.Small));
    }

    [TestMethod]
    public async Task EverythingIsFreedWithThePipeline()
    {
        GpuDevice? device = null;
        DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Tiny, Options with { Device = () => device = TestDevice.Open() });
        await pipeline.GenerateAsync(TestModels.Small);
        Assert.IsGreaterThan(0, device!.Allocated);
        await pipeline.DisposeAsync();
        Assert.AreEqual(0, device.Allocated);
    }
}
