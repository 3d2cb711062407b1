using System.Collections.Concurrent;

namespace IlgpuDiffusion.Graphs.Execution;

/// <summary>One arena and one dedicated thread of a device; work queues on it in order.</summary>
public sealed class Lane : IDisposable
{
    private readonly Device _device;
    private readonly BlockingCollection<Action> _queue = [];
    private readonly Thread _thread;
    private DeviceMemory? _arena;

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

    /// <summary>How many pieces of work wait.</summary>
    public int Waiting => _queue.Count;

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

    /// <summary>Runs work on the lane's thread after what is queued already.</summary>
    public Task<T> Enqueue<T>(Func<T> work, CancellationToken cancellation = default)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Add(
            () =>
            {
                try
                {
                    cancellation.ThrowIfCancellationRequested();
                    done.SetResult(work());
                }
                catch (OperationCanceledException e)
                {
                    done.SetCanceled(e.CancellationToken);
                }
#pragma warning disable CA1031 // Whatever fails belongs to whoever waits for this work, not to the lane.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    done.SetException(e);
                }
            },
            CancellationToken.None);
        return done.Task;
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
