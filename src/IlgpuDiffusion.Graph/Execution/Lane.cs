using System.Collections.Concurrent;

namespace IlgpuDiffusion.Graphs.Execution;

/// <summary>One arena and one dedicated thread of a device; work queues on it in order.</summary>
public sealed class Lane : IDisposable
{
    private readonly Device _device;
    private readonly BlockingCollection<Action> _queue = [];
    private readonly Thread _thread;
    private DeviceMemory? _arena;
    private int _pending;

    /// <summary>Starts the thread.</summary>
    public Lane(Device device)
    {
        _device = device;
        _thread = new Thread(Loop) { IsBackground = true, Name = "IlgpuDiffusion lane" };
        _thread.Start();
    }

    /// <summary>The arena's address; it may move when <see cref="Reserve"/> makes it larger.</summary>
    public nint Arena => _arena?.Address ?? 0;

    /// <summary>The arena's size.</summary>
    public long ArenaBytes => _arena?.Bytes ?? 0;

    /// <summary>How many pieces of work wait or run.</summary>
    public int Pending => Volatile.Read(ref _pending);

    /// <summary>Makes the arena at least so large. On the lane's thread, between programs.</summary>
    /// <exception cref="DeviceMemoryException">There is too little memory; the old arena is gone, the lane stays usable.</exception>
    public void Reserve(long bytes)
    {
        if (bytes > ArenaBytes)
        {
            _arena?.Dispose();
            _arena = null;
            _arena = _device.Allocate(bytes, "activations");
        }
    }

    /// <summary>Gives the arena back, until a program needs one. On the lane's thread, between programs.</summary>
    public void Release()
    {
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
        _arena?.Dispose();
        _queue.Dispose();
    }

    private void Loop()
    {
        foreach (Action work in _queue.GetConsumingEnumerable())
        {
            work();
        }
    }
}
