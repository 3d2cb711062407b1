using System.Globalization;

namespace IlgpuDiffusion.Cli;

/// <summary>The mean time of a step so far, and from it the time left.</summary>
internal sealed class StepClock
{
    private TimeSpan _spent;
    private int _counted;
    private GenerationProgress _last;

    public TimeSpan StepTime => _counted == 0 ? TimeSpan.Zero : _spent / _counted;

    public TimeSpan Left => StepTime * Math.Max(0, _last.Steps - _last.Step);

    public void Restart()
    {
        _spent = TimeSpan.Zero;
        _counted = 0;
        _last = default;
    }

    public void Add(GenerationProgress progress)
    {
        _spent += progress.StepTime;
        _counted++;
        _last = progress;
    }

    /// <summary>Where there is little room: steps and the time left.</summary>
    public string ToShortString() => _counted == 0 ? string.Empty : $"{_last.Step}/{_last.Steps}  {Remaining()}";

    public override string ToString() => _counted == 0 ? string.Empty : $"{_last.Step}/{_last.Steps}  {Step()}  {Remaining()} left";

    private string Step() => StepTime.TotalSeconds < 1
        ? string.Create(CultureInfo.InvariantCulture, $"{StepTime.TotalMilliseconds:0} ms/step")
        : string.Create(CultureInfo.InvariantCulture, $"{StepTime.TotalSeconds:0.00} s/step");

    private string Remaining() => Text(Left);

    /// <summary>A time as minutes and seconds, and hours if there are any.</summary>
    public static string Text(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}")
        : string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}:{time.Seconds:00}");
}
