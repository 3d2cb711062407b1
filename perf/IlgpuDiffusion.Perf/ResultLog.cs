using System.Text.Json;

namespace IlgpuDiffusion.Perf;

/// <summary>perf/results/results.jsonl, read back.</summary>
internal sealed class ResultLog
{
    private readonly List<Entry> _entries;

    private ResultLog(List<Entry> entries) => _entries = entries;

    /// <summary>Reads the file of this checkout.</summary>
    public static ResultLog Read()
    {
        string file = Path.Combine(Checkout.Results, "results.jsonl");
        return new ResultLog([.. File.ReadLines(file).Select(line => JsonDocument.Parse(line).RootElement).Select(e => new Entry(e.GetProperty("verb").GetString()!, e.GetProperty("results")))]);
    }

    /// <summary>The latest result of a verb of which the values are these, or null.</summary>
    public JsonElement? Latest(string verb, params (string Key, string Value)[] where)
    {
        Entry? entry = _entries.LastOrDefault(e => e.Verb == verb && where.All(w => e.Results.TryGetProperty(w.Key, out JsonElement value) && value.ToString() == w.Value));
        return entry?.Results;
    }

    private sealed record Entry(string Verb, JsonElement Results);
}
