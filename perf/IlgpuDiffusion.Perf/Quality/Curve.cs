namespace IlgpuDiffusion.Perf.Quality;

/// <summary>A setting of a method: how many times as fast as exact it is, and each picture's likeness, by pair.</summary>
internal sealed record CurvePoint(QualityCase Case, double Gain, IReadOnlyList<QualityRow> Rows)
{
    // Equal pictures would drown all others in a mean.
    private const double MostPsnr = 60;

    /// <summary>The mean PSNR in dB.</summary>
    public double Psnr => Rows.Average(PsnrOf);

    public static double PsnrOf(QualityRow row) => Math.Min(MostPsnr, row.Psnr);
}

/// <summary>A method at all its settings.</summary>
internal sealed record Curve(string Method, IReadOnlyList<CurvePoint> Points)
{
    // Times of one round are not known better.
    private const double Slack = 0.97;

    /// <summary>The setting with the best pictures of those that are as fast, or null.</summary>
    public CurvePoint? At(double gain) => Points.Where(point => point.Gain >= gain * Slack).MaxBy(point => point.Psnr);
}

/// <summary>The bootstrap (Efron 1979): how far a mean over pairs might be from that of all pairs there could be.</summary>
internal static class Bootstrap
{
    private const int Resamples = 2000;

    /// <summary>Half of the 95 % interval of a mean, as resampled.</summary>
    public static double HalfInterval(IReadOnlyList<double> values)
    {
        Random random = new(1);
        double[] means = [.. Enumerable.Range(0, Resamples).Select(_ => Enumerable.Range(0, values.Count).Average(_ => values[random.Next(values.Count)])).Order()];
        return (means[(int)(0.975 * Resamples)] - means[(int)(0.025 * Resamples)]) / 2;
    }
}
