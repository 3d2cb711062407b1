using ScottPlot;

namespace IlgpuDiffusion.Perf.Quality;

/// <summary>Likeness over speed, a line a method.</summary>
internal static class QualityPlot
{
    private const int Width = 900, Height = 560;

    // Methods that stand out; the others are in the background.
    private static readonly string[] Main = [QualityCases.Auto, QualityCases.FewerSteps];

    public static void Write(string file, string title, IEnumerable<Curve> curves)
    {
        using Plot plot = new();
        foreach (Curve curve in curves.Where(curve => curve.Points.Count > 1).OrderBy(curve => Main.Contains(curve.Method)))
        {
            var line = plot.Add.Scatter(curve.Points.Select(point => point.Gain).ToArray(), curve.Points.Select(point => point.Psnr).ToArray());
            line.LegendText = curve.Method;
            line.Color = Main.Contains(curve.Method) ? (curve.Method == QualityCases.Auto ? Colors.Crimson : Colors.Black) : line.Color.WithAlpha(0.6);
            line.LineWidth = Main.Contains(curve.Method) ? 3 : 1;
            line.MarkerSize = Main.Contains(curve.Method) ? 8 : 4;
        }

        plot.Title(title);
        plot.XLabel("times as fast as exact");
        plot.YLabel("PSNR against the exact picture, dB");
        plot.Axes.SetLimits(1, 6, 15, 60);
        plot.ShowLegend(Edge.Right);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        plot.SaveSvg(file, Width, Height);
    }
}
