namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>How long a step's process may be at one case.</summary>
/// <param name="limit">The time.</param>
internal sealed class Patience(TimeSpan limit)
{
    private int _case;
    private TimeSpan _since;

    /// <summary>Whether it is over.</summary>
    /// <param name="begun">Cases begun.</param>
    /// <param name="now">Time since the process started.</param>
    public bool IsOver(int begun, TimeSpan now)
    {
        if (begun != _case)
        {
            (_case, _since) = (begun, now);
        }

        return now - _since > limit;
    }
}
