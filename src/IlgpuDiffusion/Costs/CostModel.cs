using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;

namespace IlgpuDiffusion.Costs;

/// <summary>
/// What programs take on a device: the sum over their launches of what each was timed to take by itself, or would as the nearest that were, times what whole evaluations take over such a sum. Both are kept in the user's cache
/// by the device's name, which has its threads and vectors, and this program's version.
/// </summary>
internal sealed class CostModel
{
    private const string RatesKind = "launches", PaceKind = "pace";

    // A launch is timed so many times, far apart, and the least counts: what else runs makes it slower only. Long ones are timed once.
    private const int Rounds = 3;
    private const double Long = 0.1;

    private readonly ConditionalWeakTable<Executable, ProgramCost[]> _known = [];
    private readonly UserCache _cache;
    private readonly string _key;
    private readonly Func<LaunchReport, CancellationToken, double> _time;
    private readonly Lock _lock = new();
    private string _measurement;
    private volatile Pace _pace;
    private int _version = -1;

    /// <summary>Reads what is kept of a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="cache">Where it is kept.</param>
    /// <param name="time">What times a launch, in seconds, in the place of a clock.</param>
    public CostModel(Device device, UserCache cache, Func<LaunchReport, CancellationToken, double>? time = null)
    {
        (_cache, _key) = (cache, $"{device.Name} {UserCache.Version}");
        _time = time ?? new LaunchTimer(device) { Filled = TimeSpan.FromMilliseconds(15), Once = TimeSpan.FromSeconds(1) }.Seconds;
        KeptRates kept = cache.Read(RatesKind, _key, () => KeptCosts.Default.KeptRates) ?? new KeptRates("", []);
        (_measurement, Rates) = (kept.Measurement, new RateTable(kept.Samples));
        _pace = cache.Read(PaceKind, PaceKey, () => KeptCosts.Default.Pace) ?? Pace.None;
    }

    /// <summary>What was timed.</summary>
    public RateTable Rates { get; }

    /// <summary>What whole evaluations take over the sum of their launches, each timed by itself.</summary>
    public double Factor => _pace.Factor;

    /// <summary>What each of an executable's programs takes, in their order.</summary>
    public IReadOnlyList<ProgramCost> Of(Executable executable)
    {
        ArgumentNullException.ThrowIfNull(executable);
        lock (_lock)
        {
            if (_version != Rates.Version)
            {
                _known.Clear();
                _version = Rates.Version;
            }

            if (!_known.TryGetValue(executable, out ProgramCost[]? costs))
            {
                _known.Add(executable, costs = [.. executable.Programs.Select(Cost)]);
            }

            return costs;
        }
    }

    /// <summary>The seconds of one launch among others.</summary>
    public double Of(LaunchReport launch) => Rates.Predict(launch).Seconds * Factor;

    /// <summary>Times the launches that were not yet, or all where runs have shown that what is known is wrong, the largest first, on the device's own thread; returns whether all are known at the end.</summary>
    /// <param name="programs">The programs whose launches they are.</param>
    /// <param name="limit">After which time no more is begun.</param>
    /// <param name="progress">Is told of the launches that are timed, and of all.</param>
    /// <param name="cancellation">Observed between runs; what was timed is kept.</param>
    public bool Measure(IEnumerable<ProgramReport> programs, TimeSpan limit, Action<int, int>? progress, CancellationToken cancellation)
    {
        LaunchReport[] launches = [.. programs.SelectMany(program => program.Launches).Where(launch => _pace.DoubtsRates || !Rates.Knows(launch)).DistinctBy(CostSample.KeyOf).OrderByDescending(launch => launch.Work.Flops)];
        double[] seconds = [.. Enumerable.Repeat(double.PositiveInfinity, launches.Length)];
        try
        {
            long start = Stopwatch.GetTimestamp();
            bool IsOver() => Stopwatch.GetElapsedTime(start) > limit;
            WarmUp(launches, IsOver, cancellation);
            Time(launches, seconds, IsOver, progress, cancellation);
        }
        finally
        {
            Keep([.. launches.Zip(seconds).Where(pair => double.IsFinite(pair.Second)).Select(pair => CostSample.Of(pair.First, pair.Second))]);
        }

        return seconds.All(double.IsFinite);
    }

    /// <summary>Holds the model to what a whole program took that was run beside the measurement; what runs have shown until then is forgotten.</summary>
    /// <param name="ratio">What it took over what was expected of it.</param>
    public void Correct(double ratio)
    {
        double whole = ratio * Factor;
        Change(_ => Pace.None.With(whole));
    }

    /// <summary>Holds the model to what a run took. One that was slow alone changes nothing: the median over the last ones counts.</summary>
    /// <param name="ratio">What it took over what was expected of it.</param>
    public void Learn(double ratio)
    {
        // Runs of other programs count as well as this one's.
        double whole = ratio * Factor;
        Change(pace => pace.With(whole));
    }

    private string PaceKey => $"{_key} {_measurement}";

    private void Change(Func<Pace, Pace> change)
    {
        lock (_lock)
        {
            _cache.Update(PaceKind, PaceKey, kept => _pace = change(kept ?? _pace), KeptCosts.Default.Pace);
            _known.Clear();
        }
    }

    // What other programs have timed stays, unless it is what this one found to be wrong.
    private void Keep(CostSample[] samples)
    {
        if (samples.Length == 0)
        {
            return;
        }

        lock (_lock)
        {
            (string before, bool doubted) = (_measurement, _pace.DoubtsRates);
            KeptRates? now = null;
            _cache.Update(RatesKind, _key, kept => now = new KeptRates(Guid.NewGuid().ToString("N"), [.. samples.UnionBy(doubted && (kept is null || kept.Measurement == before) ? [] : kept?.Samples ?? [.. Rates.Samples], sample => sample.Key)]), KeptCosts.Default.KeptRates);
            if (doubted)
            {
                Rates.Clear();
            }

            Rates.Add(now!.Samples);
            _cache.Delete(PaceKind, PaceKey);
            _measurement = now.Measurement;
            _pace = Pace.None;
            _known.Clear();
        }
    }

    private void Time(LaunchReport[] launches, double[] seconds, Func<bool> isOver, Action<int, int>? progress, CancellationToken cancellation)
    {
        int done = 0;
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < launches.Length; i++)
            {
                if (isOver())
                {
                    return;
                }

                if (round == 0 || seconds[i] < Long)
                {
                    seconds[i] = Math.Min(seconds[i], _time(launches[i], cancellation));
                }

                progress?.Invoke(++done / Rounds, launches.Length);
            }
        }
    }

    // Kernels that the runtime has not optimised yet would be timed as they will never be again.
    private void WarmUp(IReadOnlyList<LaunchReport> launches, Func<bool> isOver, CancellationToken cancellation)
    {
        foreach (LaunchReport launch in launches.GroupBy(CostSample.FormOf).Select(forms => forms.MinBy(launch => launch.Work.Flops)!).TakeWhile(_ => !isOver()))
        {
            _time(launch, cancellation);
        }
    }

    private ProgramCost Cost(ProgramReport program)
    {
        double seconds = 0, timed = 0, factor = Factor;
        bool trusted = !_pace.DoubtsRates;
        List<TiledCost> tiled = [];
        foreach (LaunchReport launch in program.Launches)
        {
            (double one, bool known) = Rates.Predict(launch);
            seconds += one * factor;
            timed += known && trusted ? one * factor : 0;
            if (TiledCost.Is(launch))
            {
                tiled.Add(new TiledCost(launch, one * factor, known && trusted));
            }
        }

        return new ProgramCost(program.Variant, seconds, timed) { Tiled = tiled };
    }

    /// <param name="Measurement">The last one's name.</param>
    /// <param name="Samples">All that was timed.</param>
    internal sealed record KeptRates(string Measurement, CostSample[] Samples) : ISound
    {
        [JsonIgnore]
        public bool IsSound => Measurement is not null && Samples is not null && Samples.All(sample => sample is { IsSound: true });
    }
}

/// <summary>The form of what is kept.</summary>
[JsonSerializable(typeof(CostModel.KeptRates))]
[JsonSerializable(typeof(Pace))]
internal sealed partial class KeptCosts : JsonSerializerContext;
