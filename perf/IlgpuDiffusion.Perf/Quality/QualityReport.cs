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

        Curve[] curves = [.. cases.Where(one => timed.Contains(one.Name) && rows.Contains(one.Name)).GroupBy(one => one.Method)
            .Select(method => new Curve(method.Key, [.. method.Select(one => new CurvePoint(one, Statistics.Median(timed[one.Name].Select(row => row.Exact / row.Seconds)), [.. rows[one.Name].OrderBy(row => row.Pair)])).OrderBy(point => point.Gain)]))];
        CurvePoint[] together = [.. curves.Where(curve => curve.Method == QualityCases.Together).SelectMany(curve => curve.Points)];
        curves = [.. curves.Where(curve => curve.Method != QualityCases.Together)];
        string title = string.Create(CultureInfo.InvariantCulture, $"Quality against time at {size}x{size}");
        Report report = new($"quality-{size}", title, Machine.Read());
        report.Say($"The model that ships, {QualityBench.Steps} steps of DDIM, prompt and seed pairs that it was not trained on, so many of each setting as the last table says; what is compared pair by pair is so on the pairs that both have. Times are those of whole pictures (text, denoising, decoding), each beside the exact request, in turns. A cell is the mean PSNR in dB against the exact picture, with half its 95 % interval (bootstrap over pairs), of the method's setting with the best pictures among those that are at least so fast; in parentheses SSIM, PSNR against the run of {QualityBench.Longer} times the steps, and the number of pairs.");
        report.Table(["", .. Gains.Select(gain => FormattableString.Invariant($"{gain}x"))], curves.Select(curve => (string[])[curve.Method, .. Gains.Select(gain => curve.At(gain) is { } point ? Cell(point) : "–")]));
        if (curves.SingleOrDefault(curve => curve.Method == QualityCases.Auto) is { } auto)
        {
            Curve fewer = curves.Single(curve => curve.Method == QualityCases.FewerSteps);
            CurvePoint? Chosen(double gain) => auto.Points.FirstOrDefault(point => point.Case.Setting == FormattableString.Invariant($"{gain}x"));
            report.Say($"What a budget comes to ({string.Join(", ", AccelerationBudget.PresetNames.Select(name => $"{name} is {AccelerationBudget.Preset(name)}"))}), beside the best of fewer steps that are as fast as was asked:");
            report.Table(["", "auto", "fewer steps", "auto comes to"], Gains.Select(gain => (auto: Chosen(gain), fewer: fewer.At(gain), gain)).Where(row => row.auto is not null && row.fewer is not null)
                .Select(row => (string[])[FormattableString.Invariant($"{row.gain}x"), Point(row.auto!), Point(row.fewer!), choices.First(choice => choice.Size == size && choice.Method == QualityCases.Auto && choice.Setting == row.auto!.Case.Setting).Does]));
            report.Say("By how many dB the budget's choice is nearer to the exact picture than the best setting of each method that is as fast as was asked, pair by pair, and by how much SSIM:");
            report.Table(["", .. Gains.Select(gain => FormattableString.Invariant($"{gain}x"))], curves.Where(curve => curve != auto).Select(curve =>
                (string[])[curve.Method, .. Gains.Select(gain => Chosen(gain) is { } own && curve.At(gain) is { } other ? $"{Difference(own, other, CurvePoint.PsnrOf, 1)} ({Difference(own, other, row => row.Ssim, 3)})" : "–")]));
        }

        if (together.Length > 0)
        {
            report.Say("Two together: the gain that is measured beside the product of the gains of each, and the PSNR beside that of the sum of both errors. Text and decoding, which none of them changes, bound what gains can multiply to; where both spare the same work, it is spared once.");
            report.Table(["", "gain of each", "product", "measured", "of the product", "PSNR of each", "errors added", "measured"], QualityCases.Pairs(size).Select(pair => (pair, both: together.FirstOrDefault(point => point.Case.Name == pair.Both.Name), a: Find(curves, pair.First), b: Find(curves, pair.Second))).Where(row => row.both is not null && row.a is not null && row.b is not null)
                .Select(row => row with { a = Among(row.a!, row.both!), b = Among(row.b!, row.both!) })
                .Select(row => (string[])[row.pair.Both.Setting, $"{Report.Digits(row.a!.Gain)}, {Report.Digits(row.b!.Gain)}", Report.Digits(row.a.Gain * row.b.Gain), Report.Digits(row.both!.Gain), Report.Digits(row.both.Gain / (row.a.Gain * row.b.Gain)),
                    $"{Report.Digits(row.a.Psnr, 1)}, {Report.Digits(row.b.Psnr, 1)}", Report.Digits(Added(row.a, row.b), 1), Mean(row.both.Rows, CurvePoint.PsnrOf)]));
        }

        report.Say("All settings:");
        report.Table(["setting", "times as fast", "PSNR dB", "SSIM", "detail error", "PSNR against more steps", "SSIM against more steps", "pairs"], curves.SelectMany(curve => curve.Points).Select(point => (string[])[
            point.Case.Name, Report.Digits(point.Gain), Mean(point.Rows, CurvePoint.PsnrOf), Report.Digits(point.Rows.Average(row => row.Ssim), 4), Report.Digits(point.Rows.Average(row => row.Detail), 3),
            Report.Digits(point.Rows.Average(row => row.PsnrLong), 1), Report.Digits(point.Rows.Average(row => row.SsimLong), 4), Report.Digits(point.Rows.Count, 0)]));
        QualityPlot.Write(Path.Combine(Checkout.Root, "docs", "images", $"quality-{size}.svg"), title, curves);
        report.Number("curves", curves.ToDictionary(curve => curve.Method, curve => curve.Points.Select(point => new { point.Case.Setting, point.Gain, point.Psnr, Pairs = point.Rows.Count }))).Save();
    }

    private static CurvePoint? Find(Curve[] curves, QualityCase one) => curves.SelectMany(curve => curve.Points).FirstOrDefault(point => point.Case.Name == one.Name);

    // Of each picture the errors' squares, added.
    private static double Added(CurvePoint a, CurvePoint b) =>
        Both(a, b).Average(pair => -10 * Math.Log10(Math.Pow(10, -CurvePoint.PsnrOf(pair.A) / 10) + Math.Pow(10, -CurvePoint.PsnrOf(pair.B) / 10)));

    private static CurvePoint Among(CurvePoint point, CurvePoint other) => point with { Rows = [.. Both(point, other).Select(pair => pair.A)] };

    // The pairs that both were painted of.
    private static IEnumerable<(QualityRow A, QualityRow B)> Both(CurvePoint a, CurvePoint b) => a.Rows.Join(b.Rows, row => row.Pair, row => row.Pair, (one, other) => (one, other));

    private static string Cell(CurvePoint point) => $"{Mean(point.Rows, CurvePoint.PsnrOf)} ({Report.Digits(point.Rows.Average(row => row.Ssim), 3)}, {Report.Digits(point.Rows.Average(row => row.PsnrLong), 1)}, {Report.Digits(point.Rows.Count, 0)})";

    private static string Point(CurvePoint point) => $"{Mean(point.Rows, CurvePoint.PsnrOf)} at {Report.Digits(point.Gain)}x";

    private static string Mean(IReadOnlyList<QualityRow> rows, Func<QualityRow, double> value) => Interval([.. rows.Select(value)], 1);

    private static string Difference(CurvePoint a, CurvePoint b, Func<QualityRow, double> value, int digits) => Interval([.. Both(a, b).Select(pair => value(pair.A) - value(pair.B))], digits);

    private static string Interval(double[] values, int digits) => $"{Report.Digits(values.Average(), digits)} ± {Report.Digits(Bootstrap.HalfInterval(values), digits)}";
}
