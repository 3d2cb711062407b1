using IlgpuDiffusion.Graphs.Execution;

namespace IlgpuDiffusion.Costs;

/// <summary>What launches take on a device: those that were timed as they were, others at the rate of the nearest timed ones of their op.</summary>
internal sealed class RateTable
{
    // Operations for each byte above which arithmetic, not memory, decides.
    private const double Intensity = 4;

    // How far away another form of the op counts as being, as a factor e of work.
    private const double OtherForm = 1;

    private const int Neighbours = 3;

    private readonly Dictionary<string, CostSample> _samples = [];
    private readonly Dictionary<string, List<CostSample>> _byOp = [];
    private readonly Lock _lock = new();

    /// <param name="samples">What was timed before.</param>
    public RateTable(params IEnumerable<CostSample> samples)
    {
        foreach (CostSample sample in samples)
        {
            Add(sample);
        }
    }

    /// <summary>Counts changes.</summary>
    public int Version { get; private set; }

    /// <summary>All samples.</summary>
    public IReadOnlyList<CostSample> Samples
    {
        get
        {
            lock (_lock)
            {
                return [.. _samples.Values];
            }
        }
    }

    /// <summary>Whether a launch was timed.</summary>
    public bool Knows(LaunchReport launch)
    {
        lock (_lock)
        {
            return _samples.ContainsKey(CostSample.KeyOf(launch));
        }
    }

    /// <summary>Adds a sample, or replaces the one of the same launch.</summary>
    public void Add(CostSample sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        lock (_lock)
        {
            List<CostSample> others = _byOp.TryGetValue(sample.Op, out List<CostSample>? known) ? known : _byOp[sample.Op] = [];
            if (_samples.Remove(sample.Key, out CostSample? old))
            {
                others.Remove(old);
            }

            _samples[sample.Key] = sample;
            others.Add(sample);
            Version++;
        }
    }

    /// <summary>The seconds of a launch, and whether that very launch was timed. Where no launch of its op was, they are the device's guess.</summary>
    public (double Seconds, bool Timed) Predict(LaunchReport launch)
    {
        ArgumentNullException.ThrowIfNull(launch);
        lock (_lock)
        {
            return _samples.TryGetValue(CostSample.KeyOf(launch), out CostSample? own) ? (own.Seconds, true)
                : _byOp.TryGetValue(launch.Op, out List<CostSample>? others) && others.Count > 0 ? (Nearest(launch, others), false)
                : (launch.Estimate.TotalSeconds, false);
        }
    }

    // The geometric mean of what the rates of the nearest give, the nearer ones weighing more.
    private static double Nearest(LaunchReport launch, List<CostSample> others)
    {
        string form = CostSample.FormOf(launch);
        double flops = Math.Max(1, launch.Work.Flops), bytes = Math.Max(1, launch.Work.Bytes);
        double Far(CostSample sample) => Math.Abs(Math.Log(flops / Math.Max(1, sample.Flops))) + Math.Abs(Math.Log(bytes / Math.Max(1, sample.Bytes))) + (sample.Form == form ? 0 : OtherForm);
        bool byFlops = flops / bytes > Intensity;
        double apart = Fixed(others, byFlops), sum = 0, weights = 0;
        foreach ((CostSample sample, double far) in others.Select(sample => (sample, Far(sample))).OrderBy(pair => pair.Item2).Take(Neighbours))
        {
            double scale = (byFlops ? flops : bytes) / WorkOf(sample, byFlops), seconds = Math.Max(1e-9, sample.Seconds);
            double weight = 1 / ((far * far) + 1e-3);
            sum += weight * Math.Log(apart + ((seconds - Math.Min(apart, seconds)) * scale));
            weights += weight;
        }

        return Math.Exp(sum / weights);
    }

    // What a launch takes whatever its size: the shortest one, less its work at the best rate of the op.
    private static double Fixed(List<CostSample> samples, bool byFlops)
    {
        CostSample least = samples.MinBy(sample => sample.Seconds)!;
        double rate = samples.Max(sample => WorkOf(sample, byFlops) / Math.Max(1e-9, sample.Seconds));
        return Math.Max(0, least.Seconds - (WorkOf(least, byFlops) / rate));
    }

    private static double WorkOf(CostSample sample, bool byFlops) => Math.Max(1, byFlops ? sample.Flops : sample.Bytes);
}
