namespace IlgpuDiffusion.Perf.Quality;

/// <summary>Tables and plot of quality against time.</summary>
internal static class QualityReport
{
    public static void Write(int size, IReadOnlyList<QualityRow> pictures, IReadOnlyList<TimeRow> times)
    {
        foreach (IGrouping<string, QualityRow> one in pictures.Where(row => row.Size == size).GroupBy(row => row.Case))
        {
            double? gain = times.Where(row => row.Size == size && row.Case == one.Key).Select(row => row.Exact / row.Seconds) is var gains && gains.Any() ? Statistics.Median(gains) : null;
            Console.WriteLine($"{one.Key,-50} x{gain,-6:F2} {one.Average(row => Math.Min(row.Psnr, 60)):F2} dB  ssim {one.Average(row => row.Ssim):F4}  hf {one.Average(row => row.Detail):F3}  long {one.Average(row => row.PsnrLong):F2} dB  {one.Count()}");
        }
    }
}
