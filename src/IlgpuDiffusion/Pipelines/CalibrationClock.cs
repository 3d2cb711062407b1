namespace IlgpuDiffusion.Pipelines;

/// <summary>
/// The time of a calibration. Work is counted in exact pictures' worth; what one takes is what was expected until some were painted, and then what they took.
/// </summary>
/// <param name="expected">Seconds that an exact picture is expected to take.</param>
/// <param name="limit">The time; infinite for no limit.</param>
/// <param name="progress">Is told of pictures.</param>
/// <param name="time">Tells the time.</param>
internal sealed class CalibrationClock(double expected, TimeSpan limit, Action<CalibrationProgress>? progress, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    // The first picture is no measure: weights are brought in for it.
    private double _first;
    private double _worth;
    private double _toCome;
    private int _pictures;

    /// <summary>The work that still fits.</summary>
    public double Left => limit == Timeout.InfiniteTimeSpan ? double.PositiveInfinity : (limit.TotalSeconds - Elapsed) / Each;

    private double Elapsed => time.GetElapsedTime(_start).TotalSeconds;

    // Searches and comparisons count as the pictures' that they are made for.
    private double Each => _worth > 1 ? (Elapsed - _first) / _worth : expected;

    /// <summary>Sets what is still to be painted, as far as it is known.</summary>
    public void Expect(double worth) => _toCome = worth;

    /// <summary>Counts a picture.</summary>
    /// <param name="worth">Its work.</param>
    public void Count(double worth)
    {
        if (_pictures++ == 0)
        {
            _first = Elapsed;
        }
        else
        {
            _worth += worth;
        }

        _toCome = Math.Max(0, _toCome - worth);
        double toCome = Math.Max(0, Math.Min(_toCome, Left)), mean = _worth > 0 ? _worth / (_pictures - 1) : 1;
        Tell((int)Math.Ceiling(toCome / mean), TimeSpan.FromSeconds(toCome * Each));
    }

    /// <summary>Tells that all is done.</summary>
    public void End() => Tell(0, TimeSpan.Zero);

    private void Tell(int toCome, TimeSpan left) => progress?.Invoke(new CalibrationProgress("pictures", _pictures, _pictures + toCome) { Left = left });
}
