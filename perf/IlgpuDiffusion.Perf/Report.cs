using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace IlgpuDiffusion.Perf;

/// <summary>Results of one verb: Markdown for people in FOLDER/NAME.md (NAME-avx2.md where vectors are shorter), which replaces older ones, and a line for machines in FOLDER/results.jsonl; the folder is perf/results unless another is given.</summary>
internal sealed class Report(string name, string title, Machine machine, string? folder = null, bool echo = true)
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly StringBuilder _text = new();
    private readonly Dictionary<string, object> _numbers = [];

    /// <summary>Whether what is said is printed too.</summary>
    public bool Echo { get; set; } = echo;

    /// <summary>A paragraph.</summary>
    public Report Say(string paragraph)
    {
        Print(paragraph);
        _text.Append(paragraph).Append("\n\n");
        return this;
    }

    /// <summary>A table.</summary>
    public Report Table(IReadOnlyList<string> header, IEnumerable<IReadOnlyList<string>> rows)
    {
        string[] lines = [Line(header), Line([.. header.Select(_ => "---")]), .. rows.Select(Line)];
        foreach (string line in lines)
        {
            Print(line);
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

    /// <summary>Writes what people read, and gives the file.</summary>
    public string Write()
    {
        string results = folder ?? Checkout.Results;
        Directory.CreateDirectory(results);
        string file = Path.Combine(results, name + Machine.Suffix + ".md");
        File.WriteAllText(file, $"# {title}\n\nMachine: {machine}.\n\n{_text.ToString().TrimEnd()}\n");
        return file;
    }

    /// <summary>Writes both.</summary>
    public void Save()
    {
        string file = Write(), results = Path.GetDirectoryName(file)!;
        string line = JsonSerializer.Serialize(new { verb = name, machine, results = _numbers }, Json);
        File.AppendAllText(Path.Combine(results, "results.jsonl"), line + "\n");
        Console.WriteLine($"Written to {file}");
    }

    /// <summary>A number with a fixed count of digits after the point.</summary>
    public static string Digits(double value, int digits = 2) => value.ToString("F" + digits, CultureInfo.InvariantCulture);

    /// <summary>Bytes as MiB.</summary>
    public static string MiB(long bytes) => Digits(bytes / (double)(1 << 20), 0) + " MiB";

    private void Print(string line)
    {
        if (Echo)
        {
            Console.WriteLine(line);
        }
    }

    private static string Line(IReadOnlyList<string> cells) => $"| {string.Join(" | ", cells)} |";
}
