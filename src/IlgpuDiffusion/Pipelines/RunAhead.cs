using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Pipelines;

/// <summary>How far the host is ahead of the device: at most two evaluations. Steps are told of in their order, each when the device has completed it.</summary>
internal sealed class RunAhead : IDisposable
{
    /// <summary>Evaluations that may be queued and not completed.</summary>
    public const int Evaluations = 2;

    // A mark an evaluation, and some for steps that end without one.
    private readonly (DeviceMark Mark, int Evaluations, EndStepMove? Step)[] _ring = new (DeviceMark, int, EndStepMove?)[2 * Evaluations];
    private int _first;
    private int _count;
    private int _unmarked;
    private int _running;

    public RunAhead(Device device)
    {
        for (int i = 0; i < _ring.Length; i++)
        {
            _ring[i].Mark = device.CreateMark();
        }
    }

    /// <summary>Is told of a step that the device has completed.</summary>
    public Action<EndStepMove>? Completed { get; set; }

    /// <summary>To be called before an evaluation is queued: waits until it may be.</summary>
    public void BeforeEvaluation()
    {
        if (_unmarked > 0)
        {
            Mark(null);
        }

        while (_running >= Evaluations)
        {
            Next(wait: true);
        }

        TellReached();
        _unmarked++;
        _running++;
    }

    /// <summary>To be called when the moves of a step are queued.</summary>
    /// <param name="step">The step.</param>
    /// <param name="wait">Whether to wait until the device has completed it.</param>
    public void StepQueued(EndStepMove step, bool wait)
    {
        Mark(step);
        if (wait)
        {
            Drain();
        }
        else
        {
            TellReached();
        }
    }

    /// <summary>Waits for everything and tells of the last steps.</summary>
    public void Drain()
    {
        if (_unmarked > 0)
        {
            Mark(null);
        }

        while (_count > 0)
        {
            Next(wait: true);
        }
    }

    /// <summary>Waits for everything and tells nobody.</summary>
    public void Abandon()
    {
        for (; _count > 0; _count--)
        {
            _ring[_first].Mark.Wait();
            _first = (_first + 1) % _ring.Length;
        }

        _ring[_first].Mark.Set();
        _ring[_first].Mark.Wait();
        (_unmarked, _running) = (0, 0);
    }

    public void Dispose()
    {
        foreach ((DeviceMark mark, _, _) in _ring)
        {
            mark.Dispose();
        }
    }

    private void Mark(EndStepMove? step)
    {
        if (_count == _ring.Length)
        {
            Next(wait: true);
        }

        ref (DeviceMark Mark, int Evaluations, EndStepMove? Step) last = ref _ring[(_first + _count) % _ring.Length];
        last.Mark.Set();
        (last.Evaluations, last.Step, _unmarked) = (_unmarked, step, 0);
        _count++;
    }

    private void TellReached()
    {
        while (_count > 0 && Next(wait: false))
        {
        }
    }

    private bool Next(bool wait)
    {
        (DeviceMark mark, int evaluations, EndStepMove? step) = _ring[_first];
        if (wait)
        {
            mark.Wait();
        }
        else if (!mark.IsReached)
        {
            return false;
        }

        (_first, _count, _running) = ((_first + 1) % _ring.Length, _count - 1, _running - evaluations);
        if (step is not null)
        {
            Completed?.Invoke(step);
        }

        return true;
    }
}
