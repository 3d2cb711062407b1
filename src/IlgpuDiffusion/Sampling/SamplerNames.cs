namespace IlgpuDiffusion.Sampling;

/// <summary>Compares names regardless of case, spaces, underscores, hyphens and of how "++" is spelt; finds near ones for errors.</summary>
internal static class SamplerNames
{
    public static string Plain(string name)
    {
        string plain = string.Concat(name.ToLowerInvariant().Replace("++", "pp", StringComparison.Ordinal).Where(char.IsLetterOrDigit));

        // k-diffusion's own prefix: k_euler_a.
        return name.StartsWith("k_", StringComparison.OrdinalIgnoreCase) ? plain[1..] : plain;
    }

    /// <summary>Up to three of the names that need the fewest changes.</summary>
    public static string Nearest(string name, IEnumerable<string> names) =>
        string.Join(", ", names.Distinct(StringComparer.OrdinalIgnoreCase).OrderBy(other => Distance(Plain(name), Plain(other))).ThenBy(other => other.Length).Take(3).Select(other => $"'{other}'"));

    /// <summary>Levenshtein's distance.</summary>
    private static int Distance(string left, string right)
    {
        int[] row = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int substituted = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
