using System.Globalization;
using IlgpuDiffusion.Acceleration;

namespace IlgpuDiffusion.Perf.Quality;

/// <summary>Tables and plot of quality against time.</summary>
internal static class QualityReport
{
    private static readonly double[] Gains = [1.25, 1.5, 2, 3, 4];

    public static void Write(int size, IReadOnlyList<QualityCase> cases, IReadOnlyList<QualityRow> pictures, IReadOnlyList<TimeRow> times, IReadOnlyList<ChoiceRow> choices)
    {
        ILookup<string, QualityRow> rows = pictures.Where(row => row.Size == size).ToLookup(row => row.Case);
        ILookup<string, TimeRow> timed = times.Where(row => row.Size == size).ToLookup(row => row.Case);

        // Every mean is over the same pairs.
        int pairs = cases.Where(one => timed.Contains(one.Name)).Min(one => rows[one.Name].Select(row => row.Pair).Distinct().Count());
        Curve[] curves = [.. cases.Where(one => timed.Contains(one.Name) && rows.Contains(one.Name)).GroupBy(one => one.Method)
            .Select(method => new Curve(method.Key, [.. method.Select(one => new CurvePoint(one, Statistics.Median(timed[one.Name].Select(row => row.Exact / row.Seconds)), [.. rows[one.Name].Where(row => row.Pair < pairs)])).OrderBy(point => point.Gain)]))];
        CurvePoint[] together = [.. curves.Where(curve => curve.Method == QualityCases.Together).SelectMany(curve => curve.Points)];
        curves = [.. curves.Where(curve => curve.Method != QualityCases.Together)];
        string title = string.Create(CultureInfo.InvariantCulture, $"Quality against time at {size}x{size}");
        Report report = new($"quality-{size}", title, Machine.Read());
        report.Say($"The model that ships, {QualityBench.Steps} steps of DDIM, {pairs} prompt and seed pairs that it was not trained on. Times are those of whole pictures (text, denoising, decoding), each beside the exact request, in turns. A cell is the mean PSNR in dB against the exact picture, with half its 95 % interval (bootstrap over pairs), of the method's setting with the best pictures among those that are at least so fast; in parentheses SSIM and PSNR against the run of {QualityBench.Longer} times the steps.");
        report.Table(["", .. Gains.Select(gain => FormattableString.Invariant($"{gain}x"))], curves.Select(curve => (string[])[curve.Method, .. Gains.Select(gain => curve.At(gain) is { } point ? Cell(point) : "–")]));
        Curve fewer = curves.Single(curve => curve.Method == QualityCases.FewerSteps);
        if (curves.SingleOrDefault(curve => curve.Method == QualityCases.Auto) is { } auto)
        {
            report.Say($"auto against fewer steps, pair by pair ({string.Join(", ", AccelerationBudget.PresetNames.Select(name => $"{name} is {AccelerationBudget.Preset(name)}"))}):");
            report.Table(["", "auto", "fewer steps", "auto less fewer steps, dB", "auto comes to"], Gains.Select(gain => (auto: auto.Points.FirstOrDefault(point => point.Case.Setting == FormattableString.Invariant($"{gain}x")), fewer: fewer.At(gain), gain)).Where(row => row.auto is not null && row.fewer is not null)
                .Select(row => (string[])[FormattableString.Invariant($"{row.gain}x"), Point(row.auto!), Point(row.fewer!), Difference(row.auto!, row.fewer!), choices.First(choice => choice.Size == size && choice.Method == QualityCases.Auto && choice.Setting == row.auto!.Case.Setting).Does]));
        }

        if (together.Length > 0)
        {
            report.Say("Two together: the gain that is measured beside the product of the gains of each, and the PSNR beside that of the sum of both errors. Text and decoding, which none of them changes, bound what gains can multiply to; where both spare the same work, it is spared once.");
            report.Table(["", "gain of each", "product", "measured", "of the product", "PSNR of each", "errors added", "measured"], QualityCases.Pairs.Select(pair => (pair, both: together.FirstOrDefault(point => point.Case.Name == pair.Both.Name), a: Find(curves, pair.First), b: Find(curves, pair.Second))).Where(row => row.both is not null && row.a is not null && row.b is not null)
                .Select(row => (string[])[row.pair.Both.Setting, $"{Report.Digits(row.a!.Gain)}, {Report.Digits(row.b!.Gain)}", Report.Digits(row.a.Gain * row.b.Gain), Report.Digits(row.both!.Gain), Report.Digits(row.both.Gain / (row.a.Gain * row.b.Gain)),
                    $"{Report.Digits(row.a.Psnr, 1)}, {Report.Digits(row.b.Psnr, 1)}", Report.Digits(Added(row.a, row.b), 1), Mean(row.both.Rows, CurvePoint.PsnrOf)]));
        }

        report.Say("All settings:");
        report.Table(["setting", "times as fast", "PSNR dB", "SSIM", "detail error", "PSNR against more steps", "SSIM against more steps"], curves.SelectMany(curve => curve.Points).Select(point => (string[])[
            point.Case.Name, Report.Digits(point.Gain), Mean(point.Rows, CurvePoint.PsnrOf), Report.Digits(point.Rows.Average(row => row.Ssim), 4), Report.Digits(point.Rows.Average(row => row.Detail), 3),
            Report.Digits(point.Rows.Average(row => row.PsnrLong), 1), Report.Digits(point.Rows.Average(row => row.SsimLong), 4)]));
        QualityPlot.Write(Path.Combine(Checkout.Root, "docs", "images", $"quality-{size}.svg"), title, curves);
        report.Number("pairs", pairs).Number("curves", curves.ToDictionary(curve => curve.Method, curve => curve.Points.Select(point => new { point.Case.Setting, point.Gain, point.Psnr }))).Save();
    }

    private static CurvePoint? Find(Curve[] curves, QualityCase one) => curves.SelectMany(curve => curve.Points).FirstOrDefault(point => point.Case.Name == one.Name);

    // Of each picture the errors' squares, added.
    private static double Added(CurvePoint a, CurvePoint b)
    {
        Dictionary<int, double> other = b.Rows.ToDictionary(row => row.Pair, CurvePoint.PsnrOf);
        return a.Rows.Average(row => -10 * Math.Log10(Math.Pow(10, -CurvePoint.PsnrOf(row) / 10) + Math.Pow(10, -other[row.Pair] / 10)));
    }

    private static string Cell(CurvePoint point) => $"{Mean(point.Rows, CurvePoint.PsnrOf)} ({Report.Digits(point.Rows.Average(row => row.Ssim), 3)}, {Report.Digits(point.Rows.Average(row => row.PsnrLong), 1)})";

    private static string Point(CurvePoint point) => $"{Mean(point.Rows, CurvePoint.PsnrOf)} at {Report.Digits(point.Gain)}x";

    private static string Mean(IReadOnlyList<QualityRow> rows, Func<QualityRow, double> value) => Interval([.. rows.Select(value)]);

    private static string Difference(CurvePoint a, CurvePoint b)
    {
        Dictionary<int, double> other = b.Rows.ToDictionary(row => row.Pair, CurvePoint.PsnrOf);
        return Interval([.. a.Rows.Select(row => CurvePoint.PsnrOf(row) - other[row.Pair])]);
    }

    private static string Interval(double[] values) => $"{Report.Digits(values.Average(), 1)} ± {Report.Digits(Bootstrap.HalfInterval(values), 1)}";
}
