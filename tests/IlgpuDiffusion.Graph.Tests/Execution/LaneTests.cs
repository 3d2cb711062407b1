using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Graphs.Tests.Execution;

[TestClass]
public sealed class LaneTests
{
    [TestMethod]
    public async Task WorkRunsInOrderOnOneThread()
    {
        using OracleDevice device = new();
        using Lane lane = new(device);
        List<int> order = [];
        int[] threads = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => lane.Enqueue(() =>
        {
            order.Add(i);
            return Environment.CurrentManagedThreadId;
        })));
        CollectionAssert.AreEqual(Enumerable.Range(0, 20).ToArray(), order);
        Assert.AreEqual(1, threads.Distinct().Count());
        Assert.AreEqual(0, lane.Pending);
    }

    [TestMethod]
    public async Task WaitingWorkIsGivenUpAtOnceAndNeverRuns()
    {
        using OracleDevice device = new();
        using Lane lane = new(device);
        using ManualResetEventSlim gate = new();
        using CancellationTokenSource source = new();
        Task<bool> running = lane.Enqueue(() => { gate.Wait(); return true; });
        bool ran = false;
        Task<bool> waiting = lane.Enqueue(() => ran = true, source.Token);
        Assert.AreEqual(2, lane.Pending);
        await source.CancelAsync();
        OperationCanceledException e = await Assert.ThrowsAsync<OperationCanceledException>(() => waiting);
        Assert.AreEqual(source.Token, e.CancellationToken);
        Assert.AreEqual(1, lane.Pending);
        gate.Set();
        Assert.IsTrue(await running);
        Assert.AreEqual(7, await lane.Enqueue(() => 7));
        Assert.IsFalse(ran);
    }

    [TestMethod]
    public async Task AFaultIsTheWorksAndNotTheLanes()
    {
        using OracleDevice device = new();
        using Lane lane = new(device);
        NotSupportedException fault = new();
        Assert.AreSame(fault, await Assert.ThrowsExactlyAsync<NotSupportedException>(() => lane.Enqueue<int>(() => throw fault)));
        await Assert.ThrowsAsync<OperationCanceledException>(() => lane.Enqueue(() => 1, new CancellationToken(true)));
        Assert.AreEqual(2, await lane.Enqueue(() => 2));
        Assert.AreEqual(0, lane.Pending);
    }

    [TestMethod]
    public async Task DisposingFinishesWhatIsQueuedAndTakesNoMore()
    {
        using OracleDevice device = new();
        Lane lane = new(device);
        using ManualResetEventSlim gate = new();
        Task<bool>[] queued = [.. Enumerable.Range(0, 3).Select(_ => lane.Enqueue(() => { gate.Wait(); return true; }))];
        Task disposing = Task.Run(lane.Dispose);
        gate.Set();
        await disposing;
        Assert.IsTrue((await Task.WhenAll(queued)).All(done => done));
        Assert.ThrowsExactly<ObjectDisposedException>(() => lane.Enqueue(() => 1));
    }
}
