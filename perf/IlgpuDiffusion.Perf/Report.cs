using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace IlgpuDiffusion.Perf;

/// <summary>Results of one verb: Markdown for people in perf/results/NAME.md, which replaces older ones, and a line for machines in perf/results/results.jsonl.</summary>
internal sealed class Report(string name, string title, Machine machine)
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly StringBuilder _text = new();
    private readonly Dictionary<string, object> _numbers = [];

    /// <summary>A paragraph.</summary>
    public Report Say(string paragraph)
    {
        Console.WriteLine(paragraph);
        _text.Append(paragraph).Append("\n\n");
        return this;
    }

    /// <summary>A table.</summary>
    public Report Table(IReadOnlyList<string> header, IEnumerable<IReadOnlyList<string>> rows)
    {
        string[] lines = [Line(header), Line([.. header.Select(_ => "---")]), .. rows.Select(Line)];
        foreach (string line in lines)
        {
            Console.WriteLine(line);
            _text.Append(line).Append('\n');
        }

        _text.Append('\n');
        return this;
    }

    /// <summary>A number for machines.</summary>
    public Report Number(string key, object value)
    {
        _numbers[key] = value;
        return this;
    }

    /// <summary>Writes both.</summary>
    public void Save()
    {
        Directory.CreateDirectory(Checkout.Results);
        string file = Path.Combine(Checkout.Results, name + ".md");
        File.WriteAllText(file, $"# {title}\n\nMachine: {machine}.\n\n{_text.ToString().TrimEnd()}\n");
        string line = JsonSerializer.Serialize(new { verb = name, machine, results = _numbers }, Json);
        File.AppendAllText(Path.Combine(Checkout.Results, "results.jsonl"), line + "\n");
        Console.WriteLine($"Written to {file}");
    }

    /// <summary>A number with a fixed count of digits after the point.</summary>
    public static string Digits(double value, int digits = 2) => value.ToString("F" + digits, CultureInfo.InvariantCulture);

    /// <summary>Bytes as MiB.</summary>
    public static string MiB(long bytes) => Digits(bytes / (double)(1 << 20), 0) + " MiB";

    private static string Line(IReadOnlyList<string> cells) => $"| {string.Join(" | ", cells)} |";
}
