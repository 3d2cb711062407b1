using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cpu.Tests.Threading;

[TestClass]
public sealed unsafe class WorkerPoolTests
{
    public required TestContext TestContext { get; init; }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(4)]
    public void EveryTaskRunsOnce(int threads)
    {
        using WorkerPool pool = new(threads);
        Assert.AreEqual(threads, pool.Threads);
        foreach (int tasks in (int[])[0, 1, 2, 3, 100])
        {
            for (int repeat = 0; repeat < 200; repeat++)
            {
                CountingJob job = new(tasks, _ => { });
                pool.Run(job, tasks, TestContext.CancellationToken);
                Assert.IsTrue(Array.TrueForAll(job.Counts, count => count == 1));
            }
        }
    }

    [TestMethod]
    public void ParkedWorkersWakeUp()
    {
        using WorkerPool pool = new(3);
        for (int repeat = 0; repeat < 10; repeat++)
        {
            Thread.Sleep(5);
            using Barrier together = new(3);
            pool.Run(new CountingJob(3, _ => Assert.IsTrue(together.SignalAndWait(TimeSpan.FromSeconds(30)))), 3, TestContext.CancellationToken);
        }
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    public void CancellationStopsBetweenTasksAndThePoolStaysUsable(int threads)
    {
        using WorkerPool pool = new(threads);
        using CancellationTokenSource source = new();
        CountingJob job = new(1000, task =>
        {
            if (task == 5)
            {
                source.Cancel();
            }
        });
        Assert.ThrowsExactly<OperationCanceledException>(() => pool.Run(job, 1000, source.Token));
        int begun = job.Counts.Sum();
        Assert.IsInRange(6, 999, begun);
        Thread.Sleep(5);
        Assert.AreEqual(begun, job.Counts.Sum());
        Assert.ThrowsExactly<OperationCanceledException>(() => pool.Run(job, 1, source.Token));

        CountingJob next = new(50, _ => { });
        pool.Run(next, 50, TestContext.CancellationToken);
        Assert.AreEqual(50, next.Counts.Sum());
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    public void AnExceptionOfATaskComesOutAndThePoolStaysUsable(int threads)
    {
        using WorkerPool pool = new(threads);
        CountingJob failing = new(100, task => throw new FormatException($"task {task}"));
        Assert.ThrowsExactly<FormatException>(() => pool.Run(failing, 100, TestContext.CancellationToken));
        CountingJob next = new(50, _ => { });
        pool.Run(next, 50, TestContext.CancellationToken);
        Assert.AreEqual(50, next.Counts.Sum());
    }

    [TestMethod]
    public void EveryThreadHasItsOwnScratch()
    {
        using WorkerPool pool = new(3);
        foreach (int bytes in (int[])[1000, 5_000_000, 70])
        {
            pool.Reserve(bytes);
            Assert.IsGreaterThanOrEqualTo(bytes, pool.ScratchBytes);
            HashSet<nint> seen = [];
            using Barrier together = new(3);
            pool.Run(
                new ScratchJob(scratch =>
                {
                    new Span<byte>((void*)scratch, bytes).Fill(1);
                    lock (seen)
                    {
                        seen.Add(scratch);
                    }

                    together.SignalAndWait(TimeSpan.FromSeconds(30));
                }),
                3,
                TestContext.CancellationToken);
            Assert.HasCount(3, seen);
        }
    }

    [TestMethod]
    public void RunningAllocatesNothing()
    {
        using WorkerPool pool = new(2);
        EmptyJob job = new();
        AllocationAssert.None(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                pool.Run(job, 10, CancellationToken.None);
            }
        });
    }

    [TestMethod]
    public void ATaskCannotRunARegionOfItsOwnPool()
    {
        using WorkerPool pool = new(1);
        Assert.ThrowsExactly<InvalidOperationException>(() => pool.Run(new CountingJob(1, _ => pool.Run(new EmptyJob(), 1, CancellationToken.None)), 1, TestContext.CancellationToken));
    }

    [TestMethod]
    public void ADisposedPoolSaysSo()
    {
        WorkerPool pool = new(2);
        pool.Dispose();
        pool.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => pool.Run(new EmptyJob(), 1, TestContext.CancellationToken));
    }

    private sealed class EmptyJob : ParallelJob
    {
        public override void Execute(int task, byte* scratch)
        {
        }
    }

    private sealed class CountingJob(int tasks, Action<int> then) : ParallelJob
    {
        public int[] Counts { get; } = new int[tasks];

        public override void Execute(int task, byte* scratch)
        {
            Interlocked.Increment(ref Counts[task]);
            then(task);
        }
    }

    private sealed class ScratchJob(Action<nint> then) : ParallelJob
    {
        public override void Execute(int task, byte* scratch) => then((nint)scratch);
    }
}
