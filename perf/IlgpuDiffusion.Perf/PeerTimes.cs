namespace IlgpuDiffusion.Perf;

/// <summary>A peer beside ours, as results.jsonl holds it.</summary>
/// <param name="Name">torch, libtorch or onnx.</param>
/// <param name="Banner">What it says of itself.</param>
/// <param name="Seconds">Of each round.</param>
/// <param name="Median">Their median.</param>
/// <param name="Ratio">How many times as fast ours is: the median over the rounds.</param>
/// <param name="PeakBytes">The most memory that its process held at once while it evaluated.</param>
internal sealed record PeerTimes(string Name, string Banner, double[] Seconds, double Median, double Ratio, long PeakBytes)
{
    /// <summary>The peers' part of a run.</summary>
    /// <param name="peers">The peers.</param>
    /// <param name="mine">Our seconds of each round.</param>
    /// <param name="theirs">Theirs: a round's seconds of each peer.</param>
    public static IReadOnlyList<PeerTimes> Of(Peers peers, IReadOnlyList<double> mine, IReadOnlyList<double[]> theirs) =>
    [
        .. peers.All.Select((peer, i) =>
        {
            double[] seconds = [.. theirs.Select(round => round[i])];
            return new PeerTimes(peer.Name, peer.Banner, seconds, Statistics.Median(seconds), Statistics.Median(mine.Zip(seconds, (m, t) => t / m)), peer.PeakMemory);
        }),
    ];

    /// <summary>Says who they are, tabulates them below ours, and keeps the numbers.</summary>
    public static void Tell(Report report, IReadOnlyList<double> mine, long peak, IReadOnlyList<PeerTimes> peers)
    {
        foreach (PeerTimes peer in peers)
        {
            report.Say($"{peer.Name}: {peer.Banner}.");
        }

        report.Table(
            ["", "median s", "least s", "most s", "ours is times as fast", "peak memory"],
            [Row("ours", mine, "", peak), .. peers.Select(p => Row(p.Name, p.Seconds, $"**{Report.Digits(p.Ratio)}**", p.PeakBytes))]);
        report.Number("ours_s", mine).Number("ours_median_s", Statistics.Median(mine)).Number("ours_peak_bytes", peak).Number("peers", peers);
    }

    private static string[] Row(string name, IReadOnlyList<double> seconds, string ratio, long peak) =>
        [name, Report.Digits(Statistics.Median(seconds), 3), Report.Digits(seconds.Min(), 3), Report.Digits(seconds.Max(), 3), ratio, Report.MiB(peak)];
}
