namespace IlgpuDiffusion;

// How a pipeline ends, and what ends with it.
public sealed partial class DiffusionPipeline
{
    private readonly Lock _closing = new();
    private readonly CancellationTokenSource _stop = new();
    private Task? _closed;

    /// <summary>Takes no more requests, finishes what is queued, then frees everything; <see cref="DisposeAsync"/> meanwhile cancels what is left.</summary>
    public Task FinishAsync() => Close(finish: true);

    /// <summary>Cancels what runs and waits, then frees everything. Further calls wait for the same end.</summary>
    public ValueTask DisposeAsync() => new(Close(finish: false));

    /// <summary>As <see cref="DisposeAsync"/>; holds the caller's thread until the device has stopped.</summary>
    public void Dispose()
    {
        Task closed = Close(finish: false);

        // The lane's own thread, in a listener of progress, cannot wait for itself.
        if (!_host.Lane.IsCurrent)
        {
            closed.GetAwaiter().GetResult();
        }
    }

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _closed) is not null, this);

    // Work that ends when it is cancelled, or when the pipeline or its device is disposed of.
    private async Task<T> OnLaneUntilStopped<T>(Func<CancellationToken, T> work, CancellationToken cancellation)
    {
        using CancellationTokenSource any = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stop.Token, _host.Stopping);
        try
        {
            return await _host.Lane.Enqueue(() => work(any.Token), any.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (any.IsCancellationRequested)
        {
            throw cancellation.IsCancellationRequested
                ? new OperationCanceledException(e.Message, e, cancellation)
                : new OperationCanceledException($"'{ModelName}' was disposed of before this was done.", e);
        }
    }

    private Task Close(bool finish)
    {
        Task closed;
        lock (_closing)
        {
            closed = _closed ??= Task.Run(CloseAsync);
        }

        if (!finish && !closed.IsCompleted)
        {
            _stop.Cancel();
        }

        return closed;
    }

    private async Task CloseAsync()
    {
        try
        {
            // After what is queued; what other pipelines have there stays.
            await _host.Lane.Enqueue(() => { _model.Dispose(); return true; }).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // The device went first, and everything on it.
        }

        if (_ownsHost)
        {
            _host.Dispose();
        }

        _model.Adapters.Dispose();
        _model.Controls.Dispose();
        _parts.Dispose();
    }
}
