namespace IlgpuDiffusion.Weights;

/// <summary>Finds the name that a misspelt one was meant to be, by edit distance.</summary>
internal static class NearestName
{
    /// <summary>The candidate with the fewest edits from <paramref name="name"/>, or null if all differ in more than half of it.</summary>
    public static string? Find(string name, IEnumerable<string> candidates)
    {
        string? nearest = null;
        var limit = (name.Length / 2) + 1;
        var previous = new int[name.Length + 1];
        var current = new int[name.Length + 1];
        foreach (var candidate in candidates)
        {
            if (Math.Abs(candidate.Length - name.Length) < limit)
            {
                var edits = Edits(name, candidate, limit, ref previous, ref current);
                if (edits < limit)
                {
                    (limit, nearest) = (edits, candidate);
                }
            }
        }

        return nearest;
    }

    /// <summary>A sentence that names the nearest candidate, with a space before it, or nothing.</summary>
    public static string Suggest(string name, IEnumerable<string> candidates) => Find(name, candidates) is { } nearest ? $" The nearest name is '{nearest}'." : string.Empty;

    /// <summary>Levenshtein's distance, or <paramref name="limit"/> as soon as it cannot be less: only the band of that width is computed.</summary>
    private static int Edits(string a, string b, int limit, ref int[] previous, ref int[] current)
    {
        for (var j = 0; j <= a.Length; j++)
        {
            previous[j] = Math.Min(j, limit);
        }

        for (var i = 1; i <= b.Length; i++)
        {
            var from = Math.Max(1, i - limit);
            var to = Math.Min(a.Length, i + limit);
            var best = limit;
            Array.Fill(current, limit);
            if (from == 1)
            {
                current[0] = Math.Min(i, limit);
                best = current[0];
            }

            for (var j = from; j <= to; j++)
            {
                var edit = Math.Min(Math.Min(previous[j], current[j - 1]) + 1, previous[j - 1] + (a[j - 1] == b[i - 1] ? 0 : 1));
                current[j] = Math.Min(edit, limit);
                best = Math.Min(best, current[j]);
            }

            if (best >= limit)
            {
                return limit;
            }

            (previous, current) = (current, previous);
        }

        return previous[a.Length];
    }
}
