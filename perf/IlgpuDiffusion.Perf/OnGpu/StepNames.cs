namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>The names of steps as the command line gives them.</summary>
internal static class StepNames
{
    /// <summary>The wanted ones, in the order in which they run.</summary>
    /// <param name="all">All names.</param>
    /// <param name="only">Names with commas; null or empty for all.</param>
    /// <param name="groups">Names that stand for several.</param>
    /// <exception cref="ArgumentException">A name is unknown; the message lists those that are known.</exception>
    public static IReadOnlyList<string> Choose(IReadOnlyList<string> all, string? only, params (string Name, string[] Steps)[] groups)
    {
        string[] names = [.. (only ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).SelectMany(name => groups.FirstOrDefault(group => group.Name == name).Steps ?? [name])];
        string[] unknown = [.. names.Except(all)];
        return unknown.Length > 0
            ? throw new ArgumentException($"There is no step {string.Join(", ", unknown)}. Steps: {string.Join(", ", [.. all, .. groups.Select(group => group.Name)])}.")
            : [.. all.Where(name => names.Length == 0 || names.Contains(name))];
    }
}
