using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;

namespace IlgpuDiffusion.Costs;

/// <summary>
/// What programs take on a device: the sum over their launches of what each was timed to take by itself, or would at the rate of the nearest that were, times what whole evaluations take over such a sum. Samples are kept in the user's cache by the
/// device's name, which has its threads and vectors, and this program's version.
/// </summary>
internal sealed class CostModel
{
    private const string Kind = "rates";

    private readonly ConditionalWeakTable<Executable, ProgramCost[]> _known = [];
    private readonly Device _device;
    private readonly UserCache _cache;
    private readonly Lock _lock = new();
    private int _version = -1;

    /// <summary>Reads what is kept of a device.</summary>
    public CostModel(Device device, UserCache cache)
        : this(device, cache, cache.Read(Kind, KeyOf(device), () => KeptCosts.Default.Kept) ?? new Kept([], 1))
    {
    }

    /// <summary>With rates that are given.</summary>
    public CostModel(Device device, UserCache cache, RateTable rates) => (_device, _cache, Rates) = (device, cache, rates);

    private CostModel(Device device, UserCache cache, Kept kept)
        : this(device, cache, new RateTable(kept.Samples)) => Factor = kept.Factor;

    /// <summary>What was timed.</summary>
    public RateTable Rates { get; }

    /// <summary>What whole evaluations took over the sum of their launches, each timed by itself.</summary>
    public double Factor { get; private set; } = 1;

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

    /// <summary>Times the launches that were not yet, the largest first, on the device's own thread; returns whether all are known at the end.</summary>
    /// <param name="programs">The programs whose launches they are.</param>
    /// <param name="limit">After which time no more is begun.</param>
    /// <param name="progress">Is told of the launches that are timed, and of all.</param>
    /// <param name="cancellation">Observed between runs; what was timed is kept.</param>
    public bool Measure(IEnumerable<ProgramReport> programs, TimeSpan limit, Action<int, int>? progress, CancellationToken cancellation)
    {
        LaunchReport[] launches = [.. programs.SelectMany(program => program.Launches).Where(launch => !Rates.Knows(launch)).DistinctBy(CostSample.KeyOf).OrderByDescending(launch => launch.Work.Flops)];
        WarmUp(launches, cancellation);
        LaunchTimer timer = new(_device) { Filled = TimeSpan.FromMilliseconds(40), Once = TimeSpan.FromSeconds(1) };
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        int done = 0;
        try
        {
            foreach (LaunchReport launch in launches)
            {
                if (System.Diagnostics.Stopwatch.GetElapsedTime(start) > limit)
                {
                    break;
                }

                Rates.Add(CostSample.Of(launch, timer.Seconds(launch, cancellation)));
                progress?.Invoke(++done, launches.Length);
            }
        }
        finally
        {
            if (done > 0)
            {
                Keep();
            }
        }

        return done == launches.Length;
    }

    /// <summary>Holds the model to what a program took as a whole.</summary>
    /// <param name="expected">What was expected of it.</param>
    /// <param name="actual">What it took.</param>
    public void Correct(ProgramCost expected, double actual)
    {
        lock (_lock)
        {
            Factor *= actual / expected.Seconds;
            _known.Clear();
        }

        Keep();
    }

    // With what others have timed meanwhile.
    private void Keep() => _cache.Update(Kind, KeyOf(_device), others => new Kept([.. new RateTable([.. others?.Samples ?? [], .. Rates.Samples]).Samples], Factor), KeptCosts.Default.Kept);

    private static string KeyOf(Device device) => $"{device.Name} {UserCache.Version}";

    // Kernels that the runtime has not optimised yet would be timed as they will never be again.
    private void WarmUp(IReadOnlyList<LaunchReport> launches, CancellationToken cancellation)
    {
        LaunchTimer timer = new(_device) { Filled = TimeSpan.FromMilliseconds(20), Once = TimeSpan.Zero };
        foreach (LaunchReport launch in launches.GroupBy(CostSample.FormOf).Select(forms => forms.MinBy(launch => launch.Work.Flops)!))
        {
            timer.Seconds(launch, cancellation);
        }
    }

    internal sealed record Kept(CostSample[] Samples, double Factor) : ISound
    {
        [JsonIgnore]
        public bool IsSound => Factor > 0 && double.IsFinite(Factor) && Samples.All(sample => sample is { Seconds: > 0, Flops: >= 0, Bytes: >= 0 } && double.IsFinite(sample.Seconds));
    }

    private ProgramCost Cost(ProgramReport program)
    {
        double seconds = 0, timed = 0;
        foreach (LaunchReport launch in program.Launches)
        {
            (double one, bool known) = Rates.Predict(launch);
            seconds += one * Factor;
            timed += known ? one * Factor : 0;
        }

        return new ProgramCost(program.Variant, seconds, timed);
    }
}

/// <summary>What a program takes.</summary>
/// <param name="Variant">Its variant, or null for programs of the request and the schedule.</param>
/// <param name="Seconds">Its time.</param>
/// <param name="Timed">The part of it that rests on launches which were timed themselves.</param>
internal readonly record struct ProgramCost(int? Variant, double Seconds, double Timed);

/// <summary>The form of what is kept.</summary>
[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(CostModel.Kept))]
internal sealed partial class KeptCosts : JsonSerializerContext;
