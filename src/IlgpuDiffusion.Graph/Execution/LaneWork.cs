namespace IlgpuDiffusion.Graphs.Execution;

/// <summary>Work in a lane's queue: it runs once, or is cancelled while it waits, whatever runs before it.</summary>
internal sealed class LaneWork<T>
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenRegistration _waiting;
    private readonly Action _ended;
    private Func<T>? _work;

    /// <param name="work">What to do.</param>
    /// <param name="ended">Is told when the work is done or given up, before the task completes.</param>
    /// <param name="cancellation">Observed while the work waits.</param>
    public LaneWork(Func<T> work, Action ended, CancellationToken cancellation)
    {
        (_work, _ended, _cancellation) = (work, ended, cancellation);
        _waiting = cancellation.UnsafeRegister(static state => ((LaneWork<T>)state!).GiveUp(), this);
    }

    /// <summary>The result.</summary>
    public Task<T> Task => _done.Task;

    /// <summary>Runs the work, if it is still wanted.</summary>
    public void Run()
    {
        if (Interlocked.Exchange(ref _work, null) is not { } work)
        {
            return;
        }

        _waiting.Dispose();
        try
        {
            _cancellation.ThrowIfCancellationRequested();
            T result = work();
            _ended();
            _done.SetResult(result);
        }
        catch (OperationCanceledException e)
        {
            _ended();
            _done.SetCanceled(e.CancellationToken);
        }
#pragma warning disable CA1031 // Whatever fails belongs to whoever waits for this work, not to the lane.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _ended();
            _done.SetException(e);
        }
    }

    private void GiveUp()
    {
        if (Interlocked.Exchange(ref _work, null) is not null)
        {
            _ended();
            _done.SetCanceled(_cancellation);
        }
    }
}
