namespace IlgpuDiffusion.Perf;

/// <summary>Figures of repeated measurements.</summary>
internal static class Statistics
{
    /// <summary>The middle value, or the mean of the middle two.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
