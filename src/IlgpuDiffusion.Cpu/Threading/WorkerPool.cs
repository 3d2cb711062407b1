using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace IlgpuDiffusion.Cpu;

/// <summary>
/// Threads that stay alive between parallel regions. The calling thread takes part; the others spin for a moment after a region and then park,
/// so that regions in quick succession cost no wake-up and an idle pool costs nothing. Running a region allocates nothing.
/// </summary>
/// <remarks>
/// A region is open while tasks may be left. A worker joins an open region by a compare-and-swap and the caller, having run out of tasks,
/// closes it and waits for those who joined: a worker that wakes too late is never waited for.
/// </remarks>
internal sealed unsafe class WorkerPool : IDisposable
{
    private const long Open = 1L << 31;
    private const long Joined = Open - 1;

    private static readonly long SpinTicks = Stopwatch.Frequency / 12_500;

    private readonly Thread[] _workers;
    private readonly byte*[] _scratch;
    private readonly Lock _region = new();
    private readonly object _start = new();
    private readonly object _finish = new();
    private readonly bool _hugePages;
    private long _scratchBytes;

    /// <summary>Generation in the upper half, then the open bit, then the number of workers inside.</summary>
    private long _state;
    private int _parked;
    private bool _disposed;

    private ParallelJob? _job;
    private int _tasks;
    private int _next;
    private CancellationToken _cancellation;
    private ExceptionDispatchInfo? _failure;
    private bool _cancelled;

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">Threads that work, the calling one included; 1 starts none.</param>
    /// <param name="hugePages">Whether scratch asks for huge pages.</param>
    public WorkerPool(int threads, bool hugePages = true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _hugePages = hugePages;
        _scratch = new byte*[threads];
        _workers = new Thread[threads - 1];
        for (int i = 0; i < _workers.Length; i++)
        {
            int index = i + 1;
            _workers[i] = new Thread(() => Work(index)) { IsBackground = true, Name = $"IlgpuDiffusion worker {index}" };
            _workers[i].Start();
        }
    }

    /// <summary>Threads that work, the calling one included.</summary>
    public int Threads => _scratch.Length;

    /// <summary>Bytes of scratch that every thread has.</summary>
    public long ScratchBytes => _scratchBytes;

    /// <summary>Makes every thread's scratch at least this large, waiting for the region that another thread runs.</summary>
    public void Reserve(long bytes)
    {
        lock (_region)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (bytes <= _scratchBytes)
            {
                return;
            }

            bytes = (bytes + HugePages.Size - 1) / HugePages.Size * HugePages.Size;
            FreeScratch();
            _scratchBytes = bytes;
            try
            {
                for (int i = 0; i < _scratch.Length; i++)
                {
                    _scratch[i] = (byte*)HugePages.Allocate(bytes, _hugePages);
                }
            }
            catch
            {
                FreeScratch();
                throw;
            }
        }
    }

    /// <summary>Runs all tasks of a job and returns when they are done; another thread's region is waited for.</summary>
    /// <exception cref="OperationCanceledException">Cancelled before all tasks were begun; no thread works on the job any more.</exception>
    public void Run(ParallelJob job, int tasks, CancellationToken cancellation)
    {
        lock (_region)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_job is not null)
            {
                throw new InvalidOperationException("A task may not run a region of its own pool.");
            }

            cancellation.ThrowIfCancellationRequested();
            (_job, _tasks, _next, _cancellation, _failure, _cancelled) = (job, tasks, 0, cancellation, null, false);
            bool alone = _workers.Length == 0 || tasks <= 1;
            if (!alone)
            {
                OpenRegion(Math.Min(tasks - 1, _workers.Length));
            }

            TakeTasks(0);
            if (!alone)
            {
                CloseRegion();
            }

            _job = null;
            _failure?.Throw();
            if (_cancelled)
            {
                throw new OperationCanceledException(cancellation);
            }
        }
    }

    /// <summary>Ends the threads and frees their scratch.</summary>
    public void Dispose()
    {
        lock (_region)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        lock (_start)
        {
            Monitor.PulseAll(_start);
        }

        foreach (Thread worker in _workers)
        {
            worker.Join();
        }

        FreeScratch();
    }

    private void FreeScratch()
    {
        for (int i = 0; i < _scratch.Length; i++)
        {
            HugePages.Free(_scratch[i], _scratchBytes);
            _scratch[i] = null;
        }

        _scratchBytes = 0;
    }

    private void OpenRegion(int helpers)
    {
        long state = Volatile.Read(ref _state);
        Interlocked.Exchange(ref _state, (((state >> 32) + 1) << 32) | Open);
        if (Volatile.Read(ref _parked) > 0)
        {
            lock (_start)
            {
                for (int i = 0; i < helpers; i++)
                {
                    Monitor.Pulse(_start);
                }
            }
        }
    }

    private void CloseRegion()
    {
        if ((Interlocked.And(ref _state, ~Open) & Joined) == 0)
        {
            return;
        }

        long end = Stopwatch.GetTimestamp() + SpinTicks;
        while ((Volatile.Read(ref _state) & Joined) != 0)
        {
            if (Stopwatch.GetTimestamp() < end)
            {
                Thread.SpinWait(4);
                continue;
            }

            lock (_finish)
            {
                while ((Volatile.Read(ref _state) & Joined) != 0)
                {
                    Monitor.Wait(_finish);
                }
            }
        }
    }

    private void TakeTasks(int thread)
    {
        try
        {
            ParallelJob job = _job!;
            byte* scratch = _scratch[thread];
            while (Volatile.Read(ref _next) < _tasks)
            {
                if (_cancellation.IsCancellationRequested)
                {
                    _cancelled = true;
                    Volatile.Write(ref _next, _tasks);
                    return;
                }

                int task = Interlocked.Increment(ref _next) - 1;
                if (task >= _tasks)
                {
                    return;
                }

                job.Execute(task, scratch);
            }
        }
#pragma warning disable CA1031 // Whatever a task throws is thrown again by the thread that asked for the region.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
            Volatile.Write(ref _next, _tasks);
        }
    }

    private void Work(int thread)
    {
        long seen = 0;
        while (WaitForRegion(ref seen))
        {
            long state = Volatile.Read(ref _state);
            while ((state & Open) != 0)
            {
                long before = Interlocked.CompareExchange(ref _state, state + 1, state);
                if (before == state)
                {
                    TakeTasks(thread);
                    Leave();
                    break;
                }

                state = before;
            }
        }
    }

    private void Leave()
    {
        if ((Interlocked.Decrement(ref _state) & (Open | Joined)) == 0)
        {
            lock (_finish)
            {
                Monitor.Pulse(_finish);
            }
        }
    }

    private bool WaitForRegion(ref long seen)
    {
        long end = Stopwatch.GetTimestamp() + SpinTicks;
        while (!Volatile.Read(ref _disposed) && Volatile.Read(ref _state) >> 32 == seen)
        {
            if (Stopwatch.GetTimestamp() < end)
            {
                Thread.SpinWait(4);
                continue;
            }

            lock (_start)
            {
                // Counted before the last look: the caller either sees the count or is seen.
                Interlocked.Increment(ref _parked);
                while (!_disposed && Volatile.Read(ref _state) >> 32 == seen)
                {
                    Monitor.Wait(_start);
                }

                Interlocked.Decrement(ref _parked);
            }
        }

        seen = Volatile.Read(ref _state) >> 32;
        return !_disposed;
    }
}
