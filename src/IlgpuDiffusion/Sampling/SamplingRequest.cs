namespace IlgpuDiffusion.Sampling;

/// <summary>What a user asks of sampling.</summary>
internal sealed record SamplingRequest
{
    /// <summary>The sampler by any of its names; null for the one of the model's configuration.</summary>
    public string? Sampler { get; init; }

    /// <summary>The schedule by any of its names; null for the one that the sampler's name implies, else the model's.</summary>
    public string? Scheduler { get; init; }

    /// <summary>The steps of the whole schedule.</summary>
    public int Steps { get; init; } = 20;

    /// <summary>The part of the schedule that is run, 1 for all of it (image to image).</summary>
    public double Strength { get; init; } = 1;

    /// <summary>η of DDIM (0 if not given) and of the ancestral samplers (1 if not given).</summary>
    public double? Eta { get; init; }
}
