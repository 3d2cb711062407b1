using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>Opening, loading, running out of memory, disposing.</summary>
[TestClass]
public sealed class LifetimeGoldenTests
{
    [TestMethod]
    public async Task LoadingReportsEveryPartAndChangesNoBit()
    {
        List<LoadProgress> progress = [];
        await using DiffusionPipeline loaded = await DiffusionPipeline.LoadAsync(TestModels.Tiny, progress: new Immediate<LoadProgress>(progress.Add));
        CollectionAssert.AreEqual(new[] { 1, 2, 3 }, progress.Select(p => p.Done).ToArray());
        Assert.IsTrue(progress.All(p => p.Count == 3));

        await using DiffusionPipeline opened = TestModels.Open(TestModels.Tiny, 1);
        CollectionAssert.AreEqual((await opened.Pixels(TestModels.Small))[0], (await loaded.Pixels(TestModels.Small))[0]);
    }

    [TestMethod]
    public async Task FinishingEndsWhatIsQueuedAndFreesEverything()
    {
        WatchedDevice device = new();
        DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Tiny, new PipelineOptions(), () => device);
        Task<byte[][]>[] queued = [.. Enumerable.Range(0, 4).Select(i => pipeline.Pixels(TestModels.Small with { Seed = (ulong)i }))];
        Task first = pipeline.FinishAsync();
        Task second = pipeline.FinishAsync();
        Assert.IsTrue((await Task.WhenAll(queued)).All(pictures => pictures.Length == 1));
        await second;
        await first;
        Assert.IsTrue(device.Disposed);
        Assert.AreEqual(0, device.Live);
        await pipeline.DisposeAsync();
    }

    [TestMethod]
    public async Task DisposingCancelsWhatRunsAndWaits()
    {
        WatchedDevice device = new();
        DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Tiny, new PipelineOptions(), () => device);
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<GenerationResult> running = pipeline.GenerateAsync(TestModels.Small with { Steps = 900 }, new Immediate<GenerationProgress>(_ => begun.TrySetResult()));
        Task<GenerationResult> waiting = pipeline.GenerateAsync(TestModels.Small);
        await begun.Task;
        await pipeline.DisposeAsync();
        Assert.IsTrue(device.Disposed);
        Assert.AreEqual(0, device.Live);
        foreach (Task<GenerationResult> given in new[] { running, waiting })
        {
            OperationCanceledException e = await Assert.ThrowsExactlyAsync<OperationCanceledException>(() => given);
            Assert.Contains("disposed", e.Message);
        }

        pipeline.Dispose();
    }

    [TestMethod]
    public async Task DisposingMayFollowFinishingThatTakesTooLong()
    {
        DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        Task<GenerationResult> running = pipeline.GenerateAsync(TestModels.Small with { Steps = 900 });
        Task finishing = pipeline.FinishAsync();
        pipeline.Dispose();
        Assert.IsTrue(finishing.IsCompleted);
        await Assert.ThrowsExactlyAsync<OperationCanceledException>(() => running);
    }

    [TestMethod]
    public async Task AListenerMayDisposeOfThePipelineThatTellsIt()
    {
        DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        await Assert.ThrowsExactlyAsync<OperationCanceledException>(() => pipeline.GenerateAsync(TestModels.Small with { Steps = 900 }, new Immediate<GenerationProgress>(_ => pipeline.Dispose())));
        await pipeline.DisposeAsync();
    }

    [TestMethod]
    public async Task PipelinesOnOneHostLeaveItToItsOwner()
    {
        WatchedDevice device = new();
        DeviceHost host = new(device);
        DiffusionPipeline one = DiffusionPipeline.Open(TestModels.Tiny, new PipelineOptions { Host = host }), other = DiffusionPipeline.Open(TestModels.Tiny, new PipelineOptions { Host = host });
        byte[] before = (await one.Pixels(TestModels.Small))[0];
        await one.DisposeAsync();
        Assert.IsFalse(device.Disposed);
        CollectionAssert.AreEqual(before, (await other.Pixels(TestModels.Small))[0]);
        Task<GenerationResult> running = other.GenerateAsync(TestModels.Small with { Steps = 900 });
        await host.DisposeAsync();
        await Assert.ThrowsExactlyAsync<OperationCanceledException>(() => running);
        Assert.IsTrue(device.Disposed);
        other.Dispose();
        host.Dispose();
    }

    [TestMethod]
    public async Task ADisposedPipelineSaysSo()
    {
        DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        await pipeline.DisposeAsync();
        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => pipeline.GenerateAsync(TestModels.Small));
        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(async () =>
        {
            await foreach (GenerationEvent _ in pipeline.StreamAsync(TestModels.Small))
            {
            }
        });
        Assert.ThrowsExactly<ObjectDisposedException>(() => pipeline.Explain(TestModels.Small));
    }

    [TestMethod]
    public async Task RequestsThatRaceWithDisposingEndOneWayOrTheOther()
    {
        DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        Task<int>[] racing =
        [
            .. Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
            {
                try
                {
                    return (await pipeline.Pixels(TestModels.Small with { Steps = 1, Seed = (ulong)i })).Length;
                }
                catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException)
                {
                    return 0;
                }
            })),
        ];
        await pipeline.DisposeAsync();
        Assert.IsTrue((await Task.WhenAll(racing)).All(pictures => pictures is 0 or 1));
    }

    [TestMethod]
    public void ADeviceThatDoesNotStartLeavesNothingOpen()
    {
        using ModelCopy model = new();
        Assert.ThrowsExactly<NotSupportedException>(() => DiffusionPipeline.Open(model.Folder, new PipelineOptions(), () => throw new NotSupportedException()));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => DiffusionPipeline.Open(model.Folder, new PipelineOptions { Threads = -1 }));
    }

    [TestMethod]
    public async Task TooLittleMemoryIsSaidBeforeAStepAndSmallerPicturesGoOn()
    {
        WatchedDevice device = new(new CpuDeviceOptions { Threads = 2, MemoryLimit = 24 << 20 });
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Tiny, new PipelineOptions(), () => device);
        byte[] before = (await pipeline.Pixels(TestModels.Small))[0];
        DeviceMemoryException e = await Assert.ThrowsExactlyAsync<DeviceMemoryException>(() => pipeline.GenerateAsync(TestModels.Small with { Width = 1024, Height = 1024 }, new Immediate<GenerationProgress>(_ => Assert.Fail("ran"))));
        Assert.Contains("MiB", e.Message);
        Assert.Contains("smaller picture", e.Message);
        CollectionAssert.AreEqual(before, (await pipeline.Pixels(TestModels.Small))[0]);
    }
}
