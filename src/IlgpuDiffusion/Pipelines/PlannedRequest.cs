using System.Runtime.CompilerServices;
using System.Threading.Channels;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion;

/// <summary>A request that a pipeline has checked and resolved: what it would run can be told, and it can be run, any number of times with the same pictures.</summary>
public sealed class PlannedRequest
{
    private readonly DiffusionPipeline _pipeline;
    private readonly ResolvedRequest _resolved;

    internal PlannedRequest(DiffusionPipeline pipeline, ResolvedRequest resolved) => (_pipeline, _resolved) = (pipeline, resolved);

    /// <summary>What was asked for.</summary>
    public GenerationRequest Request => _resolved.Request;

    /// <summary>The seed of the first picture: the request's, or the one that was drawn for it.</summary>
    public ulong Seed => _resolved.Seed;

    /// <summary>What it would run, and the memory it would take, from shapes: of the weights nothing is read but their ends, by which a calibration is known.</summary>
    public Explanation Explain()
    {
        _pipeline.ThrowIfDisposed();
        return _pipeline.Explain(_resolved);
    }

    /// <summary>Makes the pictures.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; the pipeline stays usable.</exception>
    public Task<GenerationResult> GenerateAsync(IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        _pipeline.Enqueue(_resolved, progress is null ? null : e => Report(progress, e), cancellationToken);

    /// <summary>Makes the pictures and tells what happens on the way, on the thread that does it.</summary>
    internal Task<GenerationResult> GenerateAsync(Action<GenerationEvent> report, CancellationToken cancellation) => _pipeline.Enqueue(_resolved, report, cancellation);

    /// <summary>Makes the pictures and tells what happens on the way. Leaving the loop cancels the request.</summary>
    public async IAsyncEnumerable<GenerationEvent> StreamAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        _pipeline.ThrowIfDisposed();
        Channel<GenerationEvent> events = Channel.CreateUnbounded<GenerationEvent>(new UnboundedChannelOptions { SingleReader = true });
        using CancellationTokenSource left = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        events.Writer.TryWrite(new QueuedEvent(_pipeline.Pending));
        Task<GenerationResult> work = _pipeline.Enqueue(_resolved, e => events.Writer.TryWrite(e), left.Token);
        Task closing = work.ContinueWith(done => events.Writer.TryComplete(done.Exception?.InnerException), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        try
        {
            await foreach (GenerationEvent e in events.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                yield return e;
            }

            await work.ConfigureAwait(false);
        }
        finally
        {
            await left.CancelAsync().ConfigureAwait(false);
            await closing.ConfigureAwait(false);
        }
    }

    private static void Report(IProgress<GenerationProgress> progress, GenerationEvent e)
    {
        if (e is StepEvent step)
        {
            progress.Report(step.Progress);
        }
    }
}
