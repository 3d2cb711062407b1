using System.Diagnostics;

namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>Times work that a device does while the host goes on: many launches, then one wait, so that the wait's cost vanishes.</summary>
/// <param name="wait">Waits for everything that was queued.</param>
/// <param name="quick">Few repetitions.</param>
internal sealed class GpuTimer(Action wait, bool quick)
{
    // A batch is long beside a wait; clocks rise within the first warm-up.
    private const double BatchSeconds = 0.02, FirstWarmUp = 2, WarmUp = 0.15, Measured = 0.3;

    private bool _warm;

    /// <summary>The median time of one call.</summary>
    public double Seconds(Action queue) => Measure(queue).Seconds;

    /// <summary>The median times of one call: on the device, and of the host to queue it.</summary>
    public (double Seconds, double Queueing) Measure(Action queue)
    {
        queue();
        wait();
        (double one, _) = Batch(queue, 1);
        int calls = quick ? 1 : (int)Math.Clamp(BatchSeconds / Math.Max(one, 1e-7), 1, 2000);
        double warm = quick ? 0 : _warm ? WarmUp : FirstWarmUp;
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start).TotalSeconds < warm;)
        {
            Batch(queue, calls);
        }

        _warm = true;
        List<(double Seconds, double Queueing)> times = [];
        for (long start = Stopwatch.GetTimestamp(); times.Count < (quick ? 2 : 5) || Stopwatch.GetElapsedTime(start).TotalSeconds < (quick ? 0 : Measured);)
        {
            times.Add(Batch(queue, calls));
        }

        return (Statistics.Median(times.Select(t => t.Seconds)) / calls, Statistics.Median(times.Select(t => t.Queueing)) / calls);
    }

    private (double Seconds, double Queueing) Batch(Action queue, int calls)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < calls; i++)
        {
            queue();
        }

        double queueing = Stopwatch.GetElapsedTime(start).TotalSeconds;
        wait();
        return (Stopwatch.GetElapsedTime(start).TotalSeconds, queueing);
    }
}
