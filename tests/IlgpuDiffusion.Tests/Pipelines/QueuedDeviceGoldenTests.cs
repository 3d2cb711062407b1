using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>Whole requests on a device that has not done what it was asked to when a call returns.</summary>
[TestClass]
public sealed class QueuedDeviceGoldenTests
{
    private static GenerationRequest Painted => TestModels.Small with { InitImage = new Image(64, 64), Mask = HalfWhite(), Strength = 1, Steps = 3, Sampler = "euler a" };

    [TestMethod]
    public async Task StepsAndPreviewsComeInTheirOrderAndThePictureIsTheSame()
    {
        await using DiffusionPipeline direct = TestModels.Open(TestModels.Tiny);
        await using DiffusionPipeline queued = Open(out _);
        GenerationRequest request = TestModels.Small with { Steps = 5, PreviewInterval = 2 };
        (string[] expected, byte[][] pictures) = await Events(direct, request);
        (string[] events, byte[][] made) = await Events(queued, request);
        CollectionAssert.AreEqual(expected, events);
        Assert.HasCount(3, made);
        for (int i = 0; i < made.Length; i++)
        {
            CollectionAssert.AreEqual(pictures[i], made[i], $"picture {i}");
        }
    }

    [TestMethod]
    public async Task WhatIsPaintedInIsTheSame()
    {
        await using DiffusionPipeline direct = TestModels.Open(TestModels.Tiny);
        await using DiffusionPipeline queued = Open(out _);
        CollectionAssert.AreEqual((await direct.Pixels(Painted))[0], (await queued.Pixels(Painted))[0]);
    }

    [TestMethod]
    public async Task ACancelledRequestLeavesThePipelineAsItWas()
    {
        await using DiffusionPipeline pipeline = Open(out QueuedDevice device);
        byte[] before = (await pipeline.Pixels(TestModels.Small))[0];
        using CancellationTokenSource source = new();
        int last = 0;
        Immediate<GenerationProgress> progress = new(p =>
        {
            last = p.Step;
            if (p.Step == 3)
            {
                source.Cancel();
            }
        });
        await Assert.ThrowsAsync<OperationCanceledException>(() => pipeline.GenerateAsync(TestModels.Small with { Steps = 500 }, progress, source.Token));
        Assert.AreEqual(3, last);
        Assert.AreEqual(0, device.Pending);
        CollectionAssert.AreEqual(before, (await pipeline.Pixels(TestModels.Small))[0]);
    }

    private static DiffusionPipeline Open(out QueuedDevice device)
    {
        QueuedDevice made = device = new QueuedDevice();
        return DiffusionPipeline.Open(TestModels.Tiny, new PipelineOptions(), () => made);
    }

    private static async Task<(string[] Events, byte[][] Pictures)> Events(DiffusionPipeline pipeline, GenerationRequest request)
    {
        List<string> events = [];
        List<byte[]> pictures = [];
        await foreach (GenerationEvent e in pipeline.StreamAsync(request))
        {
            events.Add(e is StepEvent step ? $"step {step.Progress.Step} of {step.Progress.Steps}" : e.GetType().Name);
            if (((e as PreviewEvent)?.Image ?? (e as PictureEvent)?.Picture.Image) is { } image)
            {
                pictures.Add(image.Pixels);
            }
        }

        return ([.. events], [.. pictures]);
    }

    private static Image HalfWhite()
    {
        Image mask = new(64, 64);
        mask.Pixels.AsSpan(0, mask.Pixels.Length / 2).Fill(255);
        return mask;
    }
}
