namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>A part of a run on a GPU; it runs in a process of its own, so that what breaks the device, or never ends, spoils nothing else.</summary>
/// <param name="name">What the command line calls it.</param>
/// <param name="title">What the report calls it.</param>
/// <param name="limit">Seconds after which it hangs.</param>
internal abstract class GpuStep(string name, string title, int limit)
{
    /// <summary>What the command line calls it.</summary>
    public string Name => name;

    /// <summary>What the report calls it.</summary>
    public string Title => title;

    /// <summary>The time after which it hangs.</summary>
    public TimeSpan Limit => TimeSpan.FromSeconds(limit);

    /// <summary>What must stand in its process's environment.</summary>
    public virtual IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>();

    /// <summary>Does it.</summary>
    public abstract void Run(GpuBench bench);

    /// <summary>The steps of a list by their names.</summary>
    /// <param name="steps">All steps.</param>
    /// <param name="only">Names with commas; null or empty for all.</param>
    /// <exception cref="ArgumentException">A name is unknown; the message lists those that are known.</exception>
    public static IReadOnlyList<GpuStep> Choose(IReadOnlyList<GpuStep> steps, string? only)
    {
        string[] names = (only ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string[] unknown = [.. names.Where(n => steps.All(step => step.Name != n))];
        return unknown.Length > 0
            ? throw new ArgumentException($"There is no step {string.Join(", ", unknown)}. Steps: {string.Join(", ", steps.Select(step => step.Name))}.")
            : [.. steps.Where(step => names.Length == 0 || names.Contains(step.Name))];
    }
}
