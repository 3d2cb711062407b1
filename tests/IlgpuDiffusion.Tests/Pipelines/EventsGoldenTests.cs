namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>What a request tells on its way.</summary>
[TestClass]
public sealed class EventsGoldenTests
{
    [TestMethod]
    [DataRow("ddim", 4, 4)]
    [DataRow("heun", 3, 3)]
    [DataRow("pndm", 4, 5)]
    public async Task EveryStepIsReportedOnceAndInOrder(string sampler, int steps, int reports)
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        List<GenerationProgress> progress = [];
        await pipeline.GenerateAsync(TestModels.Small with { Sampler = sampler, Steps = steps }, new Immediate<GenerationProgress>(progress.Add));
        CollectionAssert.AreEqual(Enumerable.Range(1, reports).ToArray(), progress.Select(p => p.Step).ToArray());
        Assert.IsTrue(progress.All(p => p.Steps == reports && p.StepTime >= TimeSpan.Zero));
    }

    [TestMethod]
    public async Task AStreamTellsOfTheQueueTheStepsPreviewsAndPictures()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        GenerationRequest request = TestModels.Small with { Steps = 5, BatchCount = 2, PreviewInterval = 2 };
        List<GenerationEvent> events = [];
        await foreach (GenerationEvent e in pipeline.StreamAsync(request))
        {
            events.Add(e);
        }

        string[] expected = ["QueuedEvent", "StepEvent", "StepEvent", "PreviewEvent", "StepEvent", "StepEvent", "PreviewEvent", "StepEvent", "PictureEvent", "PictureEvent"];
        CollectionAssert.AreEqual(expected, events.Select(e => e.GetType().Name).ToArray());
        CollectionAssert.AreEqual(new[] { 2, 4 }, events.OfType<PreviewEvent>().Select(e => e.Step).ToArray());
        Assert.IsTrue(events.OfType<PreviewEvent>().All(e => e.Image is { Width: 64, Height: 64 }));

        byte[][] pixels = await pipeline.Pixels(request with { PreviewInterval = 0 });
        PictureEvent[] pictures = [.. events.OfType<PictureEvent>()];
        for (int i = 0; i < 2; i++)
        {
            Assert.AreEqual(i, pictures[i].Index);
            CollectionAssert.AreEqual(pixels[i], pictures[i].Picture.Image.Pixels, "previews change nothing");
        }
    }

    [TestMethod]
    public async Task AWaitingRequestIsToldHowManyAreAhead()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        using ManualResetEventSlim gate = new();
        Task<bool> blocking = pipeline.OnLane(() => { gate.Wait(); return true; });
        Task<byte[][]> second = pipeline.Pixels(TestModels.Small);
        int ahead = -1;
        await foreach (GenerationEvent e in pipeline.StreamAsync(TestModels.Small))
        {
            if (e is QueuedEvent queued)
            {
                ahead = queued.Ahead;
                gate.Set();
            }
        }

        Assert.AreEqual(2, ahead);
        Assert.IsTrue(await blocking);
        Assert.HasCount(1, await second);
    }

    [TestMethod]
    public async Task LeavingTheLoopCancelsTheRequest()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        byte[] before = (await pipeline.Pixels(TestModels.Small))[0];
        int steps = 0;
        await foreach (GenerationEvent e in pipeline.StreamAsync(TestModels.Small with { Steps = 900 }))
        {
            if (e is StepEvent && ++steps == 2)
            {
                break;
            }
        }

        Assert.AreEqual(2, steps);
        CollectionAssert.AreEqual(before, (await pipeline.Pixels(TestModels.Small))[0]);
    }

    [TestMethod]
    public async Task AStreamThrowsWhatTheRequestThrows()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        await Assert.ThrowsExactlyAsync<RequestException>(() => Drain(pipeline.StreamAsync(TestModels.Small with { Steps = 0 })));
        await Assert.ThrowsExactlyAsync<DiffusionException>(() => Drain(pipeline.StreamAsync(TestModels.Small with { CfgScale = 1e38 })));
        using CancellationTokenSource cancelled = new();
        await cancelled.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => Drain(pipeline.StreamAsync(TestModels.Small, cancelled.Token)));
    }

    [TestMethod]
    public async Task AFaultInTheCallersProgressIsTheRequestsAndNotThePipelines()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        NotSupportedException fault = new("the caller's own");
        NotSupportedException thrown = await Assert.ThrowsExactlyAsync<NotSupportedException>(() => pipeline.GenerateAsync(TestModels.Small, new Immediate<GenerationProgress>(_ => throw fault)));
        Assert.AreSame(fault, thrown);
        Assert.HasCount(1, await pipeline.Pixels(TestModels.Small));
    }

    private static async Task Drain(IAsyncEnumerable<GenerationEvent> events)
    {
        await foreach (GenerationEvent _ in events)
        {
        }
    }
}
