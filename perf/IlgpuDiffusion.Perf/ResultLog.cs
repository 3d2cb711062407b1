using System.Text.Json;
using IlgpuDiffusion.Cpu;

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
        return new ResultLog([.. File.ReadLines(file).Select(line => JsonDocument.Parse(line).RootElement).Select(e => new Entry(e.GetProperty("verb").GetString()!, e.GetProperty("machine").GetProperty("Vectors").GetString()!, e.GetProperty("results")))]);
    }

    /// <summary>The latest result of a verb on processors with such vectors, or null.</summary>
    public JsonElement? Latest(string verb, SimdLevel vectors) => _entries.LastOrDefault(e => e.Verb == verb && e.Vectors == vectors.ToString())?.Results;

    /// <summary>The latest result of a network that was held against others.</summary>
    public JsonElement? LatestBeside(string verb, SimdLevel vectors) => _entries.LastOrDefault(e => e.Verb == verb && e.Vectors == vectors.ToString() && !(e.Results.TryGetProperty("peers", out JsonElement peers) && peers.GetArrayLength() == 0))?.Results;

    private sealed record Entry(string Verb, string Vectors, JsonElement Results);
}
