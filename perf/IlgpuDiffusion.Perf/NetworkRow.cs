using System.Text.Json;

namespace IlgpuDiffusion.Perf;

/// <summary>The latest run of a network on a kind of processor: a row of docs/performance.md.</summary>
internal sealed class NetworkRow
{
    private readonly JsonElement _result;

    /// <param name="label">What the row is called.</param>
    /// <param name="result">What the run left in results.jsonl.</param>
    public NetworkRow(string label, JsonElement result)
    {
        (Label, _result) = (label, result);
        Peers = result.TryGetProperty("peers", out JsonElement peers)
            ? [.. peers.Deserialize<PeerTimes[]>()!]
            : [new PeerTimes("torch", "", [], Number("torch_median_s") ?? 0, Number("ratio") ?? 0, 0)];
    }

    public string Label { get; }

    /// <summary>What ours was held against.</summary>
    public IReadOnlyList<PeerTimes> Peers { get; }

    public double Seconds => Number("ours_median_s")!.Value;

    /// <summary>How many times as fast ours is as the fastest of them.</summary>
    public double Ratio => Peers.Min(p => p.Ratio);

    /// <summary>Its cells: ours, each of the peers, share of the FMA peak.</summary>
    /// <param name="peers">The peers that have a column.</param>
    public string[] Cells(IReadOnlyList<string> peers) =>
    [
        Label,
        Time(Seconds, Number("ours_peak_bytes")),
        .. peers.Select(name => Peers.FirstOrDefault(p => p.Name == name) is { } peer ? $"{Time(peer.Median, peer.PeakBytes)}, **{Report.Digits(peer.Ratio)}×**" : ""),
        Number("gflop") is { } flop && Number("fma_peak_gflops") is { } peak ? $"{flop / Seconds / peak:P0}" : "",
    ];

    private static string Time(double seconds, double? bytes) => Report.Digits(seconds, 3) + (bytes > 0 ? $" ({Report.Digits(bytes.Value / (1 << 30), 1)} GiB)" : "");

    private double? Number(string key) => _result.TryGetProperty(key, out JsonElement value) ? value.GetDouble() : null;
}
