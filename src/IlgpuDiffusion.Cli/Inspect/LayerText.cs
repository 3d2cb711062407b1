using System.Globalization;
using IlgpuDiffusion.Acceleration;

namespace IlgpuDiffusion.Cli;

/// <summary>What <c>explain</c> prints of where the evaluations' work lies: a line for each depth and kind of layer, or one for each layer.</summary>
internal static class LayerText
{
    public static void Write(TextWriter output, Explanation e, bool each)
    {
        bool differs = e.Layers.Any(layer => layer.Flops != layer.ExactFlops);
        List<string[]> rows = [["depth", "grid", each ? "layer" : "layers", "computed in", "tokens", "keys", "FLOP", "seconds", "of exact"]];
        foreach (IGrouping<(int?, int, int, SiteKind?, string), LayerExplanation> group in e.Layers.GroupBy(layer => (layer.Depth, layer.Height, layer.Width, layer.Kind, each ? layer.Path : "")))
        {
            LayerExplanation[] layers = [.. group];
            LayerExplanation first = layers[0];
            long flops = layers.Sum(layer => layer.Flops), exact = layers.Sum(layer => layer.ExactFlops);
            double seconds = layers.Sum(layer => layer.Expected.TotalSeconds), exactSeconds = layers.Sum(layer => layer.ExactExpected.TotalSeconds);
            rows.Add(
            [
                first.Depth is { } depth ? Number(depth) : "-",
                first.Width > 0 ? $"{first.Width}x{first.Height}" : "",
                first.Kind is not { } kind ? "all else" : each ? first.Path : $"{layers.Length} {Kind(kind)}",
                Change(Number(first.ExactEvaluations), Range([.. layers.Select(layer => layer.Computed)]), true),
                first.Kind is null ? "" : Change(Number(first.ExactTokens), Range([.. layers.Where(layer => layer.Computed > 0).Select(layer => layer.Tokens)])),
                first.Kind is null ? "" : Change(Number(first.ExactKeys), Range([.. layers.Where(layer => layer.Computed > 0).Select(layer => layer.Keys)])),
                Change(Units.Operations(exact), Units.Operations(flops)),
                Change(Units.Seconds(exactSeconds), Units.Seconds(seconds)),
                Percent(seconds / exactSeconds),
            ]);
        }

        if (!differs)
        {
            rows = [.. rows.Select(row => row[..^1])];
        }

        TextTable.Write(output, rows, "rlllrrrrr"[..rows[0].Length]);
        double all = e.Layers.Sum(layer => layer.Expected.TotalSeconds), allExact = e.Layers.Sum(layer => layer.ExactExpected.TotalSeconds);
        output.WriteLine(differs
            ? $"evaluations: {Units.Operations(e.Layers.Sum(layer => layer.ExactFlops))}FLOP -> {Units.Operations(e.Layers.Sum(layer => layer.Flops))}FLOP, {Percent((double)e.Layers.Sum(layer => layer.Flops) / e.Layers.Sum(layer => layer.ExactFlops))} of exact; expected {Units.Seconds(allExact)} -> {Units.Seconds(all)}, {Percent(all / allExact)} of exact"
            : $"evaluations: {Units.Operations(e.Layers.Sum(layer => layer.Flops))}FLOP, expected {Units.Seconds(all)}, as exact");
    }

    public static string Kind(SiteKind kind) => kind switch
    {
        SiteKind.SelfAttention => "self-attention",
        SiteKind.CrossAttention => "cross-attention",
        SiteKind.JointAttention => "joint attention",
        SiteKind.UpLayer => "up layers",
        SiteKind.Block => "blocks",
        SiteKind.TextBlock => "text blocks",
        _ => kind.ToString(),
    };

    // What was, and what has become of it, where it is something else.
    private static string Change(string exact, string planned, bool of = false) => planned == exact ? exact : of ? $"{planned} of {exact}" : planned.Length == 0 ? $"{exact} -> none" : $"{exact} -> {planned}";

    private static string Range(int[] numbers) => numbers.Length == 0 ? "" : numbers.Min() == numbers.Max() ? Number(numbers[0]) : $"{numbers.Min()}-{numbers.Max()}";

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Percent(double share) => share.ToString("0%", CultureInfo.InvariantCulture);
}
