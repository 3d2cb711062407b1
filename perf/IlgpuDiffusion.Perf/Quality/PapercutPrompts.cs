namespace IlgpuDiffusion.Perf.Quality;

/// <summary>Prompts in the manner of the captions that the model that ships was trained with, drawn anew: some that are held out, and others.</summary>
internal static class PapercutPrompts
{
    private static readonly string[] Grounds = ["a green meadow", "a desert", "a snowy field", "a blue lake", "an autumn field"];
    private static readonly string[] Skies = ["by day", "under a blue sky", "at sunset", "at dawn", "at night", "under the stars", "in a storm", "under dark clouds"];
    private static readonly string[] Colours = ["red", "blue", "yellow", "white", "pink", "purple"];
    private static readonly string[] Sides = ["on the left", "in the middle", "on the right"];
    private static readonly string[] Mountains = ["gray mountains", "snowy gray mountains", "blue mountains", "snowy blue mountains"];

    // What is held out at most.
    private const int Most = 64;

    /// <summary>The first so many that are held out, each with a seed; those of a smaller number are the begin of those of a larger one.</summary>
    public static IReadOnlyList<(string Prompt, ulong Seed)> HeldOut(int count) => [.. Drawn(20_000).Take(count).Select((prompt, i) => (prompt, 5000 + (ulong)i))];

    /// <summary>So many others of the same manner, none of which is held out, to calibrate with.</summary>
    public static IReadOnlyList<string> ToCalibrate(int count) => [.. Drawn(30_000).Distinct().Except(Drawn(20_000).Take(Most)).Take(count)];

    private static IEnumerable<string> Drawn(int seed)
    {
        Random random = new(seed);
        string Pick(string[] from) => from[random.Next(from.Length)];
        while (true)
        {
            string ground = Pick(Grounds);
            string colour = Pick(Colours), side = Pick(Sides);
            string thing = ground == "a blue lake" ? $"a boat with a {colour} sail" : random.Next(3) switch { 0 => "a round tree", 1 => "two pine trees", _ => $"a {colour} house" };
            string sky = Pick(Skies), mountains = random.Next(2) == 0 ? " and " + Pick(Mountains) : "";
            yield return $"{ground} {sky} with {thing} {side}{mountains}";
        }
    }
}
