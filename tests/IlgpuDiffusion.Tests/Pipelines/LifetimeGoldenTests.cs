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
    public async Task DisposingFinishesWhatIsQueuedAndFreesEverything()
    {
        WatchedDevice device = new();
        DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Tiny, new PipelineOptions(), () => device);
        Task<byte[][]>[] queued = [.. Enumerable.Range(0, 4).Select(i => pipeline.Pixels(TestModels.Small with { Seed = (ulong)i }))];
        ValueTask first = pipeline.DisposeAsync();
        ValueTask second = pipeline.DisposeAsync();
        Assert.IsTrue((await Task.WhenAll(queued)).All(pictures => pictures.Length == 1));
        await second;
        await first;
        Assert.IsTrue(device.Disposed);
        Assert.AreEqual(0, device.Live);
        await pipeline.DisposeAsync();
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
                catch (ObjectDisposedException)
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
