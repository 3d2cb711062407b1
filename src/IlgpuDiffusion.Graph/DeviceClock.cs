using System.Diagnostics;

namespace IlgpuDiffusion.Graphs;

/// <summary>Takes the times at which a device comes to points of its queue.</summary>
internal abstract class DeviceClock : IDisposable
{
    /// <summary>Notes the time at which the device is done with everything that is queued now.</summary>
    public abstract void Tick();

    /// <summary>Waits for the last point and gives the time from each to the next, one fewer than there were ticks, and forgets them.</summary>
    public abstract IReadOnlyList<TimeSpan> Read();

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>The host's clock: for devices whose work is done when a call returns, and, told how to wait, for others.</summary>
/// <param name="wait">Waits for everything that is queued, or null.</param>
internal sealed class HostClock(Action? wait = null) : DeviceClock
{
    private readonly List<long> _ticks = [];

    /// <inheritdoc/>
    public override void Tick()
    {
        wait?.Invoke();
        _ticks.Add(Stopwatch.GetTimestamp());
    }

    /// <inheritdoc/>
    public override IReadOnlyList<TimeSpan> Read()
    {
        TimeSpan[] times = [.. _ticks.Skip(1).Zip(_ticks, (end, start) => Stopwatch.GetElapsedTime(start, end))];
        _ticks.Clear();
        return times;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
    }
}
