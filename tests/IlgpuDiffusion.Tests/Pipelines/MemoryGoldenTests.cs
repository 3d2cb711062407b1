using System.Globalization;
using System.Text.RegularExpressions;
using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>Requests that do not fit a device's memory: what is refused, what is advised, and that all else goes on.</summary>
[TestClass]
public sealed partial class MemoryGoldenTests
{
    private static readonly GenerationRequest Request = TestModels.Small with { Steps = 1, Sampler = "euler" };

    [TestMethod]
    public async Task WhatIsRefusedIsNotUploadedAndOtherPipelinesGoOn()
    {
        GpuDevice? device = null;
        await using DiffusionPipeline small = Open(20 << 20, opened => device = opened);
        await using DiffusionPipeline large = TestModels.Open(TestModels.Tiny);
        string message = await Refusal(small, Request with { Width = 1024, Height = 1024 });
        Assert.AreEqual(0, device!.Allocated);
        Assert.HasCount(1, await large.Pixels(Request));
        Assert.HasCount(1, await small.Pixels(Request));
        Assert.Contains("weights", message);
        Assert.Contains("20 MiB are available", message);
    }

    [TestMethod]
    public async Task TheAdvisedSizeFitsAndKeepsTheAspectAndTheNextDoesNot()
    {
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Papercut, new PipelineOptions { Threads = 2, MemoryLimit = 42 << 20 });
        string message = await Refusal(pipeline, Request with { Width = 1024, Height = 512 });
        Match advised = Size().Match(message);
        Assert.IsTrue(advised.Success, message);
        (int width, int height) = (Number(advised.Groups[1]), Number(advised.Groups[2]));
        Assert.AreEqual(0, width % 64);
        Assert.IsLessThanOrEqualTo(32, Math.Abs(width - (2 * height)), message);
        Assert.HasCount(1, await pipeline.Pixels(Request with { Width = width, Height = height }));
        int next = width + 64;
        await Refusal(pipeline, Request with { Width = next, Height = (int)Math.Round(next / 128.0) * 64 });
    }

    [TestMethod]
    public async Task TheAdvisedBatchFitsAndTheNextDoesNot()
    {
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Papercut, new PipelineOptions { Threads = 2, MemoryLimit = 40 << 20 });
        string message = await Refusal(pipeline, Request with { BatchCount = 64, Width = 128 });
        int images = Number(Batch().Match(message).Groups[1]);
        Assert.HasCount(images, await pipeline.Pixels(Request with { BatchCount = images, Width = 128 }));
        await Refusal(pipeline, Request with { BatchCount = images + 1, Width = 128 });
    }

    [TestMethod]
    public async Task WhereNotEvenTheWeightsFitThatIsSaid()
    {
        Assert.Contains("No smaller picture or batch would fit either. Use a smaller model, the processor (--device cpu), or close other programs that use the device.", await Once(Open(1 << 20), Request));
        GpuDevice? device = null;
        DeviceMemoryException e = await Assert.ThrowsExactlyAsync<DeviceMemoryException>(() => DiffusionPipeline.LoadAsync(TestModels.Tiny, new PipelineOptions
        {
            Device = () => device = GpuDevice.Open(GpuKind.IlgpuCpu, new GpuDeviceOptions { MemoryLimit = 1 << 20 }),
        }));
        Assert.Contains("alone, and 1 MiB are available", e.Message);
        Assert.AreEqual(0, device!.Allocated);
    }

    [TestMethod]
    public async Task OnADeviceThatStoresThemActivationsOf16BitsAreAdvised()
    {
        GenerationRequest request = Request with { Width = 768, Height = 768 };
        long wide = Needed(await Once(Open(10 << 20, model: TestModels.Papercut), request)), narrow = Needed(await Once(Open(10 << 20, type: ElementType.F16, model: TestModels.Papercut), request));
        Assert.IsLessThan(wide * 9 / 10, narrow);
        Assert.Contains("activations of 16 bits (type f16)", await Once(Open((wide + narrow) << 19, model: TestModels.Papercut), request));
    }

    [TestMethod]
    [DataRow(false, false, false)]
    [DataRow(false, true, false)]
    [DataRow(true, true, true)]
    public async Task WhatIsSaidToBeNeededIsEnough(bool onIlgpu, bool fromPicture, bool painted)
    {
        GenerationRequest request = Request with { Width = 96, Height = 64, BatchCount = 2, Sampler = "euler_a", Steps = 2, InitImage = fromPicture ? new Image(96, 64) : null, Mask = painted ? new Image(96, 64) : null, Strength = 1 };
        DiffusionPipeline With(long limit) => onIlgpu ? Open(limit) : DiffusionPipeline.Open(TestModels.Tiny, new PipelineOptions { Threads = 2, MemoryLimit = limit });
        long needed = Needed(await Once(With(1 << 20), request)) << 20;
        await Once(With(needed - (2 << 20)), request);
        await using DiffusionPipeline pipeline = With(needed);
        Assert.HasCount(2, await pipeline.Pixels(request));
    }

    [TestMethod]
    public async Task OffloadingHoldsOneComponentAndPaintsTheSamePicture()
    {
        WatchedDevice device = new();
        using DeviceHost host = new(device);
        await using DiffusionPipeline together = DiffusionPipeline.Open(TestModels.Papercut, new PipelineOptions { Threads = 2 });
        await using DiffusionPipeline apart = await DiffusionPipeline.LoadAsync(TestModels.Papercut, new PipelineOptions { Host = host, Offload = true });
        Explanation all = together.Explain(Request), one = apart.Explain(Request);
        Assert.IsTrue(one.HoldsOneComponent);
        Assert.IsFalse(all.HoldsOneComponent);
        Assert.AreEqual(0, device.LiveFor("weights"), "a request brings them in");
        CollectionAssert.AreEqual((await together.Pixels(Request))[0], (await apart.Pixels(Request))[0]);
        Assert.IsLessThan(all.PeakBytes - (1 << 20), one.PeakBytes);
        Assert.IsLessThan(one.PeakBytes, device.MostWeights);
        Assert.IsLessThan(all.PreparedWeightBytes / 4, device.LiveFor("weights"), "the decoder's alone");
    }

    [TestMethod]
    [DataRow(false, "step 0 step 1 step 2")]
    [DataRow(true, "step step step 0 1 2")]
    public async Task OffloadingBringsEachComponentInOnceForAllPictures(bool tight, string order)
    {
        await using DiffusionPipeline together = DiffusionPipeline.Open(TestModels.Papercut, new PipelineOptions { Threads = 2 });
        GenerationRequest three = Request with { BatchCount = 3, BatchSize = 1 };
        using WatchedDevice device = new();

        // What the largest component takes: the decoder does not fit beside it.
        long? budget = tight ? together.Explain(Request).Components.Max(component => component.Executable.Memory.Held(inFiles: true, inTurn: true)) + (1 << 10) : null;
        using DeviceHost host = new(device, budget);
        await using DiffusionPipeline apart = DiffusionPipeline.Open(TestModels.Papercut, new PipelineOptions { Host = host, Offload = true });
        await apart.GenerateAsync(Request);
        long once = device.Taken["weights"];
        List<GenerationEvent> told = [];
        byte[][] pictures = [.. (await apart.Plan(three).GenerateAsync(told.Add, CancellationToken.None)).Images.Select(image => image.Image.Pixels)];
        Assert.AreEqual(once, device.Taken["weights"] - once, "as many weights for three pictures as for one");
        byte[][] expected = await together.Pixels(three);
        for (int i = 0; i < 3; i++)
        {
            CollectionAssert.AreEqual(expected[i], pictures[i]);
        }

        Assert.AreEqual(tight, apart.Explain(three).Warnings.Any(warning => warning.StartsWith("All pictures are painted before the first is decoded", StringComparison.Ordinal)));
        Assert.AreEqual(order, string.Join(' ', told.Select(e => e is PictureEvent picture ? $"{picture.Index}" : "step")));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task ANetworkLargerThanTheMemoryIsReadFromItsFilesAndPaintsTheSamePicture(bool limited)
    {
        await using DiffusionPipeline kept = DiffusionPipeline.Open(TestModels.Papercut, new PipelineOptions { Threads = 2 });
        const long Little = 16 << 20;
        await using DiffusionPipeline streaming = DiffusionPipeline.Open(TestModels.Papercut, new PipelineOptions { Threads = 2, MemoryLimit = limited ? Little : null, WeightBudget = limited ? null : Little });
        Explanation all = kept.Explain(Request), part = streaming.Explain(Request);
        Assert.AreEqual(0, all.StreamedWeightBytes);
        Assert.IsGreaterThan(part.PreparedWeightBytes, part.StreamedWeightBytes);
        Assert.IsLessThan(Little, part.PeakBytes);
        Assert.IsTrue(part.Layers.All(layer => (layer.Flops, layer.Tokens) == (layer.ExactFlops, layer.ExactTokens)), "its exact twin streams too");
        CollectionAssert.AreEqual((await kept.Pixels(Request))[0], (await streaming.Pixels(Request))[0]);
    }

    [TestMethod]
    public async Task WeightsAreCopiedOnceWithTheirBytesTold()
    {
        List<LoadProgress> told = [], loaded = [];
        PipelineOptions options = new() { Device = () => GpuDevice.Open(GpuKind.IlgpuCpu), Loading = new Immediate<LoadProgress>(told.Add) };
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Tiny, options);
        Explanation explanation = pipeline.Explain(Request);
        await pipeline.GenerateAsync(Request);
        CollectionAssert.AreEqual(new[] { "text encoder", "denoiser", "decoder" }, told.Select(p => p.Component).Distinct().ToArray());
        Assert.AreEqual(told.GroupBy(p => p.Component).Sum(part => part.Last().Bytes), told.GroupBy(p => p.Component).Sum(part => part.First().TotalBytes));
        Assert.AreEqual(explanation.MappedWeightBytes + explanation.PreparedWeightBytes, told.Where(p => p.Done == 1).Sum(p => p.TotalBytes), 64.0 * 1000, "but for alignment");
        Assert.IsTrue(told.Zip(told.Skip(1)).All(pair => pair.First.Component != pair.Second.Component || pair.First.Bytes < pair.Second.Bytes));
        int before = told.Count;
        await pipeline.GenerateAsync(Request);
        Assert.HasCount(before, told);

        await using DiffusionPipeline beforehand = await DiffusionPipeline.LoadAsync(TestModels.Tiny, options with { Loading = null }, new Immediate<LoadProgress>(loaded.Add));
        CollectionAssert.AreEqual(new[] { 1, 2, 3 }, loaded.Where(p => p.Bytes == p.TotalBytes).Select(p => p.Done).Where(done => done > 0).Distinct().ToArray());
        Assert.AreEqual(told.Where(p => p.Done == 1).Sum(p => p.TotalBytes), loaded.GroupBy(p => p.Component).Sum(part => part.Last().Bytes));

        List<LoadProgress> mapped = [];
        await using DiffusionPipeline processor = await DiffusionPipeline.LoadAsync(TestModels.Tiny, new PipelineOptions { Threads = 2, Loading = new Immediate<LoadProgress>(mapped.Add) }, new Immediate<LoadProgress>(mapped.Add));
        Assert.HasCount(3, mapped);
        Assert.IsTrue(mapped.All(p => p is { Bytes: 0, TotalBytes: 0 }), "the files are read where they lie");
    }

    private static DiffusionPipeline Open(long? limit, Action<GpuDevice>? opened = null, ElementType? type = null, string? model = null) => DiffusionPipeline.Open(model ?? TestModels.Tiny, new PipelineOptions
    {
        Type = type,
        Device = () =>
        {
            GpuDevice device = GpuDevice.Open(GpuKind.IlgpuCpu, new GpuDeviceOptions { MemoryLimit = limit });
            opened?.Invoke(device);
            return device;
        },
    });

    private static async Task<string> Refusal(DiffusionPipeline pipeline, GenerationRequest request)
    {
        DeviceMemoryException e = await Assert.ThrowsExactlyAsync<DeviceMemoryException>(() => pipeline.GenerateAsync(request, new Immediate<GenerationProgress>(_ => Assert.Fail("ran"))));
        Assert.DoesNotContain('\n', e.Message);
        return e.Message;
    }

    private static async Task<string> Once(DiffusionPipeline pipeline, GenerationRequest request)
    {
        await using (pipeline)
        {
            return await Refusal(pipeline, request);
        }
    }

    private static long Needed(string message) => Number(Needs().Match(message).Groups[1]);

    private static int Number(Group group) => int.Parse(group.Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"needs (\d+) MiB")]
    private static partial Regex Needs();

    [GeneratedRegex(@"would fit: .*?(\d+) x (\d+) pixels")]
    private static partial Regex Size();

    [GeneratedRegex(@"would fit: (\d+) pictures at once")]
    private static partial Regex Batch();
}
