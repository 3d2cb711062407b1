namespace IlgpuDiffusion.Sampling;

/// <summary>One sampler of the catalogue.</summary>
/// <param name="Id">Its name on the command line and in metadata, as ComfyUI writes it.</param>
/// <param name="Label">Its name for people, as stable-diffusion-webui writes it.</param>
/// <param name="Create">Makes the sampler with a model's configuration; η where one was asked for.</param>
internal sealed record SamplerEntry(string Id, string Label, Func<SchedulerConfig, double?, ISampler> Create)
{
    /// <summary>Other names, as they are written elsewhere.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Whether it has an η to set.</summary>
    public bool HasEta { get; init; }

    /// <summary>The schedule that stable-diffusion-webui's "Automatic" means for it.</summary>
    public SigmaSchedule Automatic { get; init; } = SigmaSchedule.Uniform;

    /// <summary>The fields of a model's configuration that this sampler has and others do not.</summary>
    internal IReadOnlyList<string> Fields { get; init; } = SchedulerFields.None;

    /// <summary>The schedule that a name implies, where it does.</summary>
    internal IReadOnlyDictionary<string, SigmaSchedule> Implied { get; init; } = new Dictionary<string, SigmaSchedule>();

    internal IEnumerable<string> Names => [Id, Label, .. Aliases, .. Implied.Keys];
}
