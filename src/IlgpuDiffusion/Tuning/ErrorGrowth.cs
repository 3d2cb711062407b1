namespace IlgpuDiffusion.Tuning;

/// <summary>
/// How many times more than to first order an error of a prediction comes to at the end of a run. Early on the network decides by small differences what the picture will be, which no order tells:
/// it is measured where single evaluations were foreseen, and between them goes on evenly, as a factor.
/// </summary>
/// <param name="measured">Parts of the run, in order, and the factor of an error there.</param>
internal sealed class ErrorGrowth(IReadOnlyList<(double At, double Factor)> measured)
{
    /// <summary>Errors are what first order says.</summary>
    public static ErrorGrowth None { get; } = new([]);

    /// <summary>The factor of an error at a part of the run.</summary>
    /// <param name="at">From 0, its begin, to 1.</param>
    public double At(double at)
    {
        if (measured.Count == 0)
        {
            return 1;
        }

        int next = measured.Index().FirstOrDefault(one => one.Item.At >= at, (measured.Count, default)).Index;
        if (next == 0 || next == measured.Count)
        {
            return measured[Math.Min(next, measured.Count - 1)].Factor;
        }

        ((double from, double before), (double to, double after)) = (measured[next - 1], measured[next]);
        return before * Math.Pow(after / before, (at - from) / (to - from));
    }
}
