using IlgpuDiffusion.Acceleration;

namespace IlgpuDiffusion.Tuning;

/// <summary>Which evaluations of a run compute the network's prediction, as a text of one sign for each: <c>#</c> computes, <c>-</c> foresees it from those that were computed before.</summary>
internal static class RecallPattern
{
    public const char Computes = '#', Foresees = '-';

    /// <summary>Whether a text is one.</summary>
    public static bool IsSound(string pattern) => pattern.All(sign => sign is Computes or Foresees);

    /// <summary>The text.</summary>
    public static string Of(IEnumerable<bool> computed) => string.Concat(computed.Select(one => one ? Computes : Foresees));

    /// <summary>The pattern for a run of so many evaluations: of each part of the run the same share computes. Of as many as it was made for it is itself.</summary>
    public static bool[] For(string pattern, int evaluations)
    {
        int[] before = new int[pattern.Length + 1];
        for (int i = 0; i < pattern.Length; i++)
        {
            before[i + 1] = before[i] + (pattern[i] == Computes ? 1 : 0);
        }

        // How many are computed in front of an evaluation, were they spread alike.
        double Count(int evaluation)
        {
            double at = (double)evaluation * pattern.Length / evaluations;
            int whole = Math.Min((int)at, pattern.Length - 1);
            return (before[whole] + ((at - whole) * (before[whole + 1] - before[whole]))) * evaluations / pattern.Length;
        }

        bool[] computed = [.. Enumerable.Range(0, evaluations).Select(e => evaluations == pattern.Length ? pattern[e] == Computes : Math.Floor(Count(e + 1) + 1e-9) > Math.Floor(Count(e) + 1e-9))];
        computed[0] = true;
        return computed;
    }

    /// <summary>The first ones computed, then as many as are left evenly to the end.</summary>
    /// <param name="evaluations">The evaluations of the run.</param>
    /// <param name="computed">How many compute, one at least.</param>
    /// <param name="first">How many of them are the first ones; with none, all are spread evenly from the first on.</param>
    public static bool[] Even(int evaluations, int computed, int first)
    {
        bool[] pattern = new bool[evaluations];
        Array.Fill(pattern, true, 0, first);
        int spread = computed - first;
        for (int i = 0; i < spread; i++)
        {
            pattern[first == 0 ? i * evaluations / spread : first - 1 + ((i + 1) * (evaluations - first) / spread)] = true;
        }

        return pattern;
    }

    /// <summary>The cache that follows a pattern.</summary>
    public static Cache Cache(IReadOnlyList<bool> computed, Forecast how) => new()
    {
        Where = new WholePrediction(),
        When = new Listed { At = [.. Enumerable.Range(0, computed.Count).Where(e => computed[e]).Select(e => (double)e / computed.Count)] },
        How = how,
    };
}
