using System.Globalization;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Cli;

/// <summary>Ranks and alphas of a LoRA (Hu et al. 2021): its changes are alpha / rank · up · down.</summary>
internal static class LoraReport
{
    // kohya, PEFT, the first form of diffusers.
    private static readonly string[] Downs = [".lora_down.weight", ".lora_A.weight", ".lora_A.default.weight", "_lora.down.weight", ".lora_linear_layer.down.weight", ".lora.down.weight"];

    /// <summary>A line, or null for what is no LoRA.</summary>
    public static string? Line(IEnumerable<WeightTensor> tensors)
    {
        WeightTensor[] all = [.. tensors];
        long[] ranks = [.. all.Where(t => Downs.Any(end => t.Name.EndsWith(end, StringComparison.Ordinal)) && t.Shape.Length > 0).Select(t => t.Shape[0])];
        if (ranks.Length == 0)
        {
            return null;
        }

        float[] alphas = [.. all.Where(t => t.Name.EndsWith(".alpha", StringComparison.Ordinal) && t.Count == 1).Select(t => t.ToSingles()[0])];
        return $"LoRA of {ranks.Length} modules, rank {Values(ranks.Select(r => (double)r))}, alpha {(alphas.Length == 0 ? "not said (the rank is taken)" : Values(alphas.Select(a => (double)a)))}";
    }

    private static string Values(IEnumerable<double> values)
    {
        (double Value, int Count)[] groups = [.. values.GroupBy(v => v).Select(g => (g.Key, g.Count())).OrderByDescending(g => g.Item2).ThenBy(g => g.Key)];
        return string.Join(", ", groups.Take(6).Select(g => groups.Length == 1 ? Text(g.Value) : $"{Text(g.Value)} ({g.Count})")) + (groups.Length > 6 ? " …" : string.Empty);
    }

    private static string Text(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
