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

    /// <summary>The time after which a case of it hangs.</summary>
    public virtual TimeSpan Patience => Limit;

    /// <summary>The share of its ops (<see cref="Finding.Ops"/>) that must come through for the run to go on; 0 where it goes on in any case.</summary>
    public virtual double Needed => 0;

    /// <summary>What must stand in its process's environment.</summary>
    public virtual IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>();

    /// <summary>Does it.</summary>
    public abstract void Run(GpuBench bench);
}
