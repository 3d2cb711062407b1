using System.Globalization;
using System.Net;
using System.Text;

namespace IlgpuDiffusion.Perf;

/// <summary>Lines over a common axis with logarithmic scales, as SVG that reads on light and dark pages.</summary>
internal static class SvgLines
{
    private const int Left = 70;
    private const int Top = 40;
    private const int Width = 420;
    private const int Height = 260;
    private const string Font = "font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"#7a7a7a\"";

    private static readonly string[] Colors = ["#2f7fd0", "#c8683c", "#3c9c5c", "#9c5cb0"];

    /// <summary>Draws it: values over whole numbers, such as seconds over picture sizes.</summary>
    public static string Draw(string title, string unit, IReadOnlyList<(string Name, IReadOnlyList<(int At, double Value)> Points)> lines)
    {
        (int At, double Value)[] all = [.. lines.SelectMany(l => l.Points)];
        double least = Math.Pow(10, Math.Floor(Math.Log10(all.Min(p => p.Value)))), most = Math.Pow(10, Math.Ceiling(Math.Log10(all.Max(p => p.Value))));
        double X(double at) => Left + (Width * Share(at, all.Min(p => p.At), all.Max(p => p.At)));
        double Y(double value) => Top + (Height * (1 - Share(value, least, most)));

        StringBuilder body = new();
        for (double tick = least; tick <= most * 1.001; tick *= 10)
        {
            body.Append(CultureInfo.InvariantCulture, $"<line x1=\"{Left}\" y1=\"{Y(tick):F1}\" x2=\"{Left + Width}\" y2=\"{Y(tick):F1}\" stroke=\"#7a7a7a\" stroke-opacity=\"0.3\"/><text x=\"{Left - 8}\" y=\"{Y(tick) + 4:F1}\" text-anchor=\"end\" {Font}>{tick:G4} {WebUtility.HtmlEncode(unit)}</text>\n");
        }

        foreach (int at in all.Select(p => p.At).Distinct())
        {
            body.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(at):F1}\" y=\"{Top + Height + 18}\" text-anchor=\"middle\" {Font}>{at}²</text>\n");
        }

        for (int i = 0; i < lines.Count; i++)
        {
            string color = Colors[i % Colors.Length];
            (int At, double Value)[] points = [.. lines[i].Points];
            string path = string.Join(' ', points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{X(p.At):F1},{Y(p.Value):F1}")));
            body.Append(CultureInfo.InvariantCulture, $"<polyline points=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>");
            body.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(points[^1].At) + 6:F1}\" y=\"{Y(points[^1].Value) + 4:F1}\" {Font} style=\"fill:{color}\">{WebUtility.HtmlEncode(lines[i].Name)}</text>\n");
        }

        return string.Create(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Left + Width + 110} {Top + Height + 30}\" role=\"img\">\n<title>{WebUtility.HtmlEncode(title)}</title>\n<text x=\"8\" y=\"20\" {Font} font-weight=\"bold\">{WebUtility.HtmlEncode(title)}</text>\n{body}</svg>\n");
    }

    private static double Share(double value, double least, double most) => Math.Log(value / least) / Math.Log(most / least);
}
