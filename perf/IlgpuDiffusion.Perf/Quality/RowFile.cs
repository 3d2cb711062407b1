using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace IlgpuDiffusion.Perf.Quality;

/// <summary>A file of one JSON object a line that measurements are appended to, so that they can go on later.</summary>
internal sealed class RowFile<T>
{
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _path;

    public RowFile(string name)
    {
        _path = Path.Combine(Checkout.Results, name + ".jsonl");
        Rows = File.Exists(_path) ? [.. File.ReadLines(_path).Where(line => line.Length > 0).Select(line => JsonSerializer.Deserialize<T>(line, Json)!)] : [];
    }

    /// <summary>All rows, in the order in which they were measured.</summary>
    public List<T> Rows { get; }

    /// <summary>Puts new rows in the place of some.</summary>
    public void Replace(Predicate<T> which, IEnumerable<T> by)
    {
        Rows.RemoveAll(which);
        Rows.AddRange(by);
        File.WriteAllLines(_path, Rows.Select(row => JsonSerializer.Serialize(row, Json)));
    }

    public void Add(T row)
    {
        Rows.Add(row);
        File.AppendAllText(_path, JsonSerializer.Serialize(row, Json) + "\n");
    }
}
