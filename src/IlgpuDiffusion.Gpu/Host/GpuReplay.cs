using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>
/// Runs the launches of a program as they are the first time, so that whatever a driver does late is done; records them the second time;
/// from then on queues the recording. Other bases or freed memory begin anew. A driver that fails to record is not asked again.
/// </summary>
/// <param name="host">The device.</param>
/// <param name="recording">Its driver's way to record.</param>
internal sealed class GpuReplay(GpuHost host, GpuRecording recording) : Replay
{
    private readonly BlockList _blocks = new();
    private Bases _bases;
    private bool _ran;
    private nint _recorded;

    /// <inheritdoc/>
    public override void Run(ReadOnlySpan<Launch> launches, in Bases bases, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (_recorded != 0 && (_bases != bases || !_blocks.AreThere(host)))
        {
            Forget();
        }

        if (_recorded == 0)
        {
            if (!_ran || _bases != bases || !recording.IsUsed || !Record(launches, bases, cancellation))
            {
                Plain(launches, bases, cancellation);
                (_bases, _ran) = (bases, true);
            }

            return;
        }

        try
        {
            recording.Recorder.Run(_recorded);
        }
        catch (Exception e) when (GpuHost.IsFault(e))
        {
            throw host.Lost(e, "recorded launches");
        }
    }

    /// <inheritdoc/>
    public override void Dispose() => Forget();

    private static void Plain(ReadOnlySpan<Launch> launches, in Bases bases, CancellationToken cancellation)
    {
        foreach (Launch launch in launches)
        {
            cancellation.ThrowIfCancellationRequested();
            launch.Run(bases, cancellation);
        }
    }

    // Whether there is a recording now, and queued.
    private bool Record(ReadOnlySpan<Launch> launches, in Bases bases, CancellationToken cancellation)
    {
        bool begun = false;
        try
        {
            _blocks.Clear();
            recording.Recorder.Begin();
            begun = true;
            host.Viewed = _blocks;
            Plain(launches, bases, cancellation);
            begun = false;
            _recorded = recording.Recorder.End();
            recording.Recorder.Run(_recorded);
            return true;
        }
        catch (Exception e)
        {
            if (begun)
            {
                recording.Recorder.Discard();
            }

            if (e is OperationCanceledException)
            {
                throw;
            }

            // Nothing of it has run: the launches run by themselves, and what is wrong with them, not with recording them, shows there.
            Forget();
            recording.Refuse(e);
            return false;
        }
        finally
        {
            host.Viewed = null;
        }
    }

    private void Forget()
    {
        if (_recorded != 0)
        {
            try
            {
                recording.Recorder.Free(_recorded);
            }
            catch (Exception e) when (GpuHost.IsFault(e))
            {
                // A lost device has nothing to free.
            }

            (_recorded, _ran) = (0, false);
        }
    }
}
