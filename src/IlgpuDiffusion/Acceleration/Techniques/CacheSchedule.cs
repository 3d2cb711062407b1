using System.Numerics;
using System.Text.Json.Serialization;

namespace IlgpuDiffusion.Acceleration;

/// <summary>When a cache computes rather than recalls.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Cadence), "cadence")]
[JsonDerivedType(typeof(Uneven), "uneven")]
[JsonDerivedType(typeof(Listed), "list")]
public abstract record CacheSchedule
{
    /// <summary>For every evaluation, whether it computes. The first always does, whatever is said of it.</summary>
    public abstract bool[] Computed(IReadOnlyList<Moment> moments);

    internal abstract void Check();
}

/// <summary>Every n-th evaluation, counted from the first that is executed; outside a window, every one.</summary>
public sealed record Cadence : CacheSchedule
{
    /// <summary>Every how many evaluations one computes; 0 for none within the window.</summary>
    public int Every { get; init; } = 3;

    /// <summary>Where recalling begins, a fraction of the schedule.</summary>
    public double Start { get; init; }

    /// <summary>Where it ends.</summary>
    public double End { get; init; } = 1;

    /// <inheritdoc/>
    public override bool[] Computed(IReadOnlyList<Moment> moments) =>
        [.. moments.Select(moment => !(Start < 1 && Window.Contains(moment, Start, End)) || (Every > 0 && moment.Evaluation % Every == 0))];

    internal override void Check()
    {
        Window.Check("cache.when", Start, End);
        PolicyException.Require(Every >= 0, $"cache.when.every must not be negative; it is {Every}.");
    }
}

/// <summary>
/// DeepCache's non-uniform 1:N schedule: denser around a part of the schedule where features change most (arXiv:2312.00858, section 3.3): with T evaluations and ⌊T / N⌋ of them
/// computed, evaluation ⌊Re x<sub>k</sub>ᵖ⌋ + c for x evenly spaced from (−c)^(1/p) to (T − c)^(1/p).
/// </summary>
public sealed record Uneven : CacheSchedule
{
    // By how much the power is lowered where two evaluations coincide, as in the reference.
    private const double PowerStep = 0.02;

    /// <summary>How many evaluations there are for one that computes (the paper's N).</summary>
    public double Every { get; init; } = 5;

    /// <summary>Around which fraction of the evaluations they are densest (c / T).</summary>
    public double Center { get; init; } = 0.3;

    /// <summary>How uneven they are (p), above 1.</summary>
    public double Power { get; init; } = 1.4;

    /// <inheritdoc/>
    public override bool[] Computed(IReadOnlyList<Moment> moments)
    {
        ArgumentNullException.ThrowIfNull(moments);
        int total = moments.Count;
        bool[] computed = new bool[total];
        foreach (int evaluation in Evaluations(total, Math.Max(1, (int)(total / Every)), (int)Math.Round(Center * total)))
        {
            computed[evaluation] = true;
        }

        return computed;
    }

    internal override void Check()
    {
        PolicyException.Require(Every is >= 1 and < double.PositiveInfinity, $"cache.when.every must be at least 1; it is {Every}.");
        PolicyException.Require(Center is >= 0 and < 1, $"cache.when.center must be a fraction of the evaluations from 0 to below 1; it is {Center}.");
        PolicyException.Require(Power is > 1 and <= 8, $"cache.when.power must be above 1 and at most 8; it is {Power}.");
    }

    /// <summary>The evaluations that compute.</summary>
    internal IReadOnlyList<int> Evaluations(int total, int count, int center)
    {
        if (count >= total)
        {
            return [.. Enumerable.Range(0, total)];
        }

        for (double power = Power; power > 1; power -= PowerStep)
        {
            Complex from = Complex.Pow(-center, 1 / power);
            double to = Math.Pow(total - center, 1 / power);
            IEnumerable<int> points = Enumerable.Range(0, count + 1)
                .Select(k => (int)Complex.Pow(from + ((to - from) * ((double)k / count)), power).Real)
                .Distinct().Order();

            // The real part of a complex power may lie beyond both ends.
            int[] evaluations = [.. points.Skip(1).SkipLast(1).Select(point => Math.Clamp(point + center, 0, total - 1)).Prepend(0).Distinct()];
            if (evaluations.Length == count)
            {
                return evaluations;
            }
        }

        throw new PolicyException($"No uneven schedule of {count} of {total} evaluations around evaluation {center} exists: take a larger cache.when.every or a smaller cache.when.center.");
    }
}

/// <summary>Evaluations by their place in the run.</summary>
public sealed record Listed : CacheSchedule
{
    /// <summary>Those that compute, as fractions of the executed evaluations in [0, 1): fraction f stands for evaluation ⌊f · E⌋.</summary>
    public IReadOnlyList<double> At { get; init; } = [0];

    /// <inheritdoc/>
    public override bool[] Computed(IReadOnlyList<Moment> moments)
    {
        ArgumentNullException.ThrowIfNull(moments);
        HashSet<int> computed = [.. At.Select(fraction => (int)Math.Floor(fraction * moments.Count + 1e-9))];
        return [.. moments.Select(moment => computed.Contains(moment.Evaluation))];
    }

    /// <inheritdoc/>
    public bool Equals(Listed? other) => other is not null && At.SequenceEqual(other.At);

    /// <inheritdoc/>
    public override int GetHashCode() => At.Aggregate(0, HashCode.Combine);

    internal override void Check() =>
        PolicyException.Require(At.Count > 0 && At.All(fraction => fraction is >= 0 and < 1), "cache.when.at must be fractions of the evaluations, each from 0 to below 1.");
}
