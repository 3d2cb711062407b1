using System.Globalization;
using System.Net;
using System.Text;

namespace IlgpuDiffusion.Perf;

/// <summary>A chart of horizontal bars in groups, with a line at 1, as SVG that reads on light and dark pages.</summary>
internal static class SvgBars
{
    private const int LabelWidth = 330;
    private const int BarWidth = 330;
    private const int RowHeight = 20;
    private const string Font = "font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"#7a7a7a\"";

    /// <summary>Draws it.</summary>
    public static string Draw(string title, IReadOnlyList<(string Group, IReadOnlyList<(string Label, double Value)> Bars)> groups)
    {
        double most = Math.Max(1.2, groups.SelectMany(g => g.Bars).Max(b => b.Value));
        double scale = BarWidth / most;
        StringBuilder body = new();
        int y = 44;
        foreach ((string group, IReadOnlyList<(string Label, double Value)> bars) in groups)
        {
            body.Append(CultureInfo.InvariantCulture, $"<text x=\"8\" y=\"{y}\" {Font} font-weight=\"bold\">{WebUtility.HtmlEncode(group)}</text>\n");
            y += 8;
            foreach ((string label, double value) in bars)
            {
                string color = value >= 1 ? "#2f7fd0" : "#c8683c";
                body.Append(CultureInfo.InvariantCulture, $"<text x=\"{LabelWidth - 8}\" y=\"{y + 13}\" text-anchor=\"end\" {Font}>{WebUtility.HtmlEncode(label)}</text>");
                body.Append(CultureInfo.InvariantCulture, $"<rect x=\"{LabelWidth}\" y=\"{y + 3}\" width=\"{value * scale:F1}\" height=\"13\" fill=\"{color}\"/>");
                body.Append(CultureInfo.InvariantCulture, $"<text x=\"{LabelWidth + (value * scale) + 5:F1}\" y=\"{y + 13}\" {Font}>{value:F2}×</text>\n");
                y += RowHeight;
            }

            y += 18;
        }

        double one = LabelWidth + scale;
        body.Append(CultureInfo.InvariantCulture, $"<line x1=\"{one:F1}\" y1=\"34\" x2=\"{one:F1}\" y2=\"{y - 12}\" stroke=\"#7a7a7a\" stroke-dasharray=\"3 3\"/>\n");
        return string.Create(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {LabelWidth + BarWidth + 60} {y}\" role=\"img\">\n<title>{WebUtility.HtmlEncode(title)}</title>\n<text x=\"8\" y=\"20\" {Font} font-weight=\"bold\">{WebUtility.HtmlEncode(title)}</text>\n{body}</svg>\n");
    }
}
