using IlgpuDiffusion.Graphs.Execution;

namespace IlgpuDiffusion.Costs;

/// <summary>
/// What launches take on a device: those that were timed as they were; others the device's guess, which knows its kernels' tiles, tasks and phases, times what the nearest timed ones took over their guesses.
/// </summary>
internal sealed class RateTable
{
    // How far away another form of the op counts as being, as a factor e of the guess, and how much nearer another size is of a layer with the same channels than another layer of that size.
    private const double OtherForm = 1, OtherSize = 0.5;

    private const int Neighbours = 3;

    private readonly Dictionary<string, CostSample> _samples = [];
    private readonly Dictionary<string, List<CostSample>> _byOp = [];
    private readonly Lock _lock = new();
    private double _guesses, _seconds;

    /// <param name="samples">What was timed before.</param>
    public RateTable(params IEnumerable<CostSample> samples) => Add(samples);

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

    /// <summary>Adds samples, or replaces those of the same launches.</summary>
    public void Add(params IEnumerable<CostSample> samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        lock (_lock)
        {
            foreach (CostSample sample in samples)
            {
                List<CostSample> others = _byOp.TryGetValue(sample.Op, out List<CostSample>? known) ? known : _byOp[sample.Op] = [];
                if (_samples.Remove(sample.Key, out CostSample? old))
                {
                    others.Remove(old);
                    Count(old, -1);
                }

                _samples[sample.Key] = sample;
                others.Add(sample);
                Count(sample, 1);
            }

            Version++;
        }
    }

    /// <summary>Forgets all samples.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _samples.Clear();
            _byOp.Clear();
            (_guesses, _seconds) = (0, 0);
            Version++;
        }
    }

    /// <summary>The seconds of a launch, and whether that very launch was timed. Of an op of which no launch was, they are the device's guess at the speed of all that were.</summary>
    public (double Seconds, bool Timed) Predict(LaunchReport launch)
    {
        ArgumentNullException.ThrowIfNull(launch);
        lock (_lock)
        {
            return _samples.TryGetValue(CostSample.KeyOf(launch), out CostSample? own) ? (own.Seconds, true)
                : _byOp.TryGetValue(launch.Op, out List<CostSample>? others) && others.Count > 0 ? (Nearest(launch, others), false)
                : (launch.Estimate.TotalSeconds * (_guesses > 0 ? _seconds / _guesses : 1), false);
        }
    }

    // The geometric mean of how far off the guesses of the nearest are, the nearer ones weighing more.
    private static double Nearest(LaunchReport launch, List<CostSample> others)
    {
        string form = CostSample.FormOf(launch);
        int[] channels = CostSample.ChannelsOf(launch);
        double guess = CostSample.GuessOf(launch), sum = 0, weights = 0;
        foreach ((CostSample sample, double far) in others.Select(sample => (sample, Far(sample))).OrderBy(pair => pair.Item2).Take(Neighbours))
        {
            double weight = 1 / ((far * far) + 1e-3);
            sum += weight * Math.Log(Math.Max(1e-9, sample.Seconds) / sample.Guess);
            weights += weight;
        }

        return guess * Math.Exp(sum / weights);

        double Far(CostSample sample) => (OtherSize * Math.Abs(Math.Log(guess / sample.Guess))) + (sample.Form == form ? 0 : OtherForm) + OtherChannels(sample);
        double OtherChannels(CostSample sample)
        {
            double far = 0;
            for (int i = 0; i < Math.Min(channels.Length, sample.Channels.Length); i++)
            {
                far += Math.Abs(Math.Log((double)channels[i] / sample.Channels[i]));
            }

            return far;
        }
    }

    private void Count(CostSample sample, int sign)
    {
        _guesses += sign * sample.Guess;
        _seconds += sign * sample.Seconds;
    }
}
