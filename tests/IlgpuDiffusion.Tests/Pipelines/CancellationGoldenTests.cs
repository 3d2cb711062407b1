namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>Cancellation throws, frees what the request held and leaves the pipeline as it was.</summary>
[TestClass]
public sealed class CancellationGoldenTests
{
    [TestMethod]
    public async Task ACancelledRunEndsWithinAStepAndTheNextPictureIsTheSame()
    {
        using WatchedDevice device = new();
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Tiny, new PipelineOptions(), () => device);
        byte[] before = (await pipeline.Pixels(TestModels.Small))[0];
        long live = device.Live;

        using CancellationTokenSource source = new();
        int last = 0;
        Immediate<GenerationProgress> progress = new(p =>
        {
            last = p.Step;
            if (p.Step == 2)
            {
                source.Cancel();
            }
        });
        OperationCanceledException e = await Assert.ThrowsAsync<OperationCanceledException>(() => pipeline.GenerateAsync(TestModels.Small with { Steps = 500 }, progress, source.Token));
        Assert.AreEqual(source.Token, e.CancellationToken);
        Assert.AreEqual(2, last);
        Assert.AreEqual(live, device.Live, "the request's memory");
        CollectionAssert.AreEqual(before, (await pipeline.Pixels(TestModels.Small))[0]);
    }

    [TestMethod]
    public async Task CancellationIsObservedInsideAnEvaluation()
    {
        using WatchedDevice device = new();
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Papercut, new PipelineOptions(), () => device);
        byte[] before = (await pipeline.Pixels(TestModels.Small))[0];

        // The first copy brings the first evaluation its latents: what follows is left before its step ends.
        using CancellationTokenSource source = new();
        device.Copying = source.Cancel;
        await Assert.ThrowsAsync<OperationCanceledException>(() => pipeline.GenerateAsync(TestModels.Small, new Immediate<GenerationProgress>(_ => Assert.Fail("a step ended")), source.Token));
        device.Copying = null;
        Assert.IsTrue(source.IsCancellationRequested);
        CollectionAssert.AreEqual(before, (await pipeline.Pixels(TestModels.Small))[0]);
    }

    [TestMethod]
    public async Task AWaitingRequestIsGivenUpAtOnce()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        using ManualResetEventSlim gate = new();
        Task<bool> blocking = pipeline.OnLane(() => { gate.Wait(); return true; });
        using CancellationTokenSource source = new();
        Task<GenerationResult> waiting = pipeline.GenerateAsync(TestModels.Small, cancellationToken: source.Token);
        Task<byte[][]> next = pipeline.Pixels(TestModels.Small);
        await source.CancelAsync();

        // The lane is still blocked: the request does not wait for its turn to be cancelled.
        await Assert.ThrowsAsync<OperationCanceledException>(() => waiting);
        Assert.IsFalse(blocking.IsCompleted);
        gate.Set();
        Assert.HasCount(1, await next);
    }

    [TestMethod]
    public async Task ACancelledTokenRunsNothing()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        await Assert.ThrowsAsync<OperationCanceledException>(() => pipeline.GenerateAsync(TestModels.Small, new Immediate<GenerationProgress>(_ => Assert.Fail("ran")), new CancellationToken(true)));
        await Assert.ThrowsAsync<OperationCanceledException>(() => DiffusionPipeline.LoadAsync(TestModels.Tiny, cancellationToken: new CancellationToken(true)));
    }

    [TestMethod]
    public async Task ALoadCancelledOnTheWayThrows()
    {
        using CancellationTokenSource source = new();
        List<LoadProgress> progress = [];
        await Assert.ThrowsAsync<OperationCanceledException>(() => DiffusionPipeline.LoadAsync(
            TestModels.Tiny,
            progress: new Immediate<LoadProgress>(p =>
            {
                progress.Add(p);
                source.Cancel();
            }),
            cancellationToken: source.Token));
        Assert.HasCount(1, progress);
    }
}
