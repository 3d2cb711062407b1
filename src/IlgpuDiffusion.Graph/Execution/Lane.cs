using System.Collections.Concurrent;

namespace IlgpuDiffusion.Graphs.Execution;

/// <summary>One arena and one dedicated thread of a device; work queues on it in order.</summary>
internal sealed class Lane : IDisposable
{
    // A pipeline's text encoders, denoiser and both ways of its autoencoder, and one to spare.
    private const int Most = 6;

    private readonly Device _device;
    private readonly BlockingCollection<Action> _queue = [];
    private readonly Thread _thread;
    private readonly List<RunMemory> _kept = [];
    private DeviceMemory? _arena;
    private int _pending;

    /// <summary>Starts the thread.</summary>
    public Lane(Device device)
    {
        _device = device;
        _thread = new Thread(Loop) { IsBackground = true, Name = "IlgpuDiffusion lane" };
        _thread.Start();
    }

    /// <summary>The arena's address; it may move when <see cref="Reserve(long)"/> makes it larger.</summary>
    public nint Arena => _arena?.Address ?? 0;

    /// <summary>The arena's size.</summary>
    public long ArenaBytes => _arena?.Bytes ?? 0;

    /// <summary>The arena's size, and what ended runs left for the next of their kind.</summary>
    public long HeldBytes
    {
        get
        {
            lock (_kept)
            {
                return ArenaBytes + _kept.Sum(kept => kept.Memory.Bytes);
            }
        }
    }

    /// <summary>How many pieces of work wait or run.</summary>
    public int Pending => Volatile.Read(ref _pending);

    /// <summary>Whether the caller is the lane's own thread.</summary>
    public bool IsCurrent => Thread.CurrentThread == _thread;

    /// <summary>Makes the arena at least so large. On the lane's thread, between programs.</summary>
    /// <exception cref="DeviceMemoryException">There is too little memory; the old arena is gone, the lane stays usable.</exception>
    public void Reserve(long bytes)
    {
        if (bytes > ArenaBytes)
        {
            // What was recorded for another arena is worth nothing.
            Forget([]);
            _arena?.Dispose();
            _arena = null;
            _arena = _device.Allocate(bytes, "activations");
        }
    }

    /// <summary>The same for what runs next; what ended runs of other executables left is freed.</summary>
    /// <param name="next">The executables.</param>
    public void Reserve(IReadOnlyList<Executable> next)
    {
        ArgumentNullException.ThrowIfNull(next);
        Forget(next);
        Reserve(next.Max(executable => executable.Memory.Arena));
    }

    /// <summary>Gives the arena back, until a program needs one. On the lane's thread, between programs.</summary>
    public void Release()
    {
        // What was recorded for this arena is worth nothing.
        Forget([]);
        _arena?.Dispose();
        _arena = null;
    }

    /// <summary>Runs work on the lane's thread after what is queued already. Cancelled while it waits, it is given up at once.</summary>
    /// <exception cref="ObjectDisposedException">The lane takes no more work.</exception>
    public Task<T> Enqueue<T>(Func<T> work, CancellationToken cancellation = default)
    {
        Interlocked.Increment(ref _pending);
        LaneWork<T> item = new(work, () => Interlocked.Decrement(ref _pending), cancellation);
        try
        {
            _queue.Add(item.Run, CancellationToken.None);
            return item.Task;
        }
        catch (InvalidOperationException e)
        {
            throw new ObjectDisposedException("The lane takes no more work: it is being disposed of.", e);
        }
    }

    /// <summary>Finishes what is queued, then ends the thread and frees the arena.</summary>
    public void Dispose()
    {
        _queue.CompleteAdding();
        _thread.Join();
        Forget([]);
        _arena?.Dispose();
        _queue.Dispose();
    }

    /// <summary>What an ended run of an executable left, or null.</summary>
    internal RunMemory? Take(Executable executable)
    {
        lock (_kept)
        {
            RunMemory? found = _kept.Find(kept => kept.Serves(executable));
            if (found is not null)
            {
                _kept.Remove(found);
            }

            return found;
        }
    }

    /// <summary>Keeps what a run leaves, if it is of use to a later one.</summary>
    internal void Keep(RunMemory left)
    {
        lock (_kept)
        {
            if (left.Records && _kept.Count < Most)
            {
                _kept.Add(left);
                return;
            }
        }

        left.Dispose();
    }

    private void Forget(IReadOnlyList<Executable> but)
    {
        RunMemory[] gone;
        lock (_kept)
        {
            gone = [.. _kept.Where(kept => !but.Any(kept.Serves))];
            _kept.RemoveAll(kept => !but.Any(kept.Serves));
        }

        foreach (RunMemory kept in gone)
        {
            kept.Dispose();
        }
    }

    private void Loop()
    {
        foreach (Action work in _queue.GetConsumingEnumerable())
        {
            work();
        }
    }
}
