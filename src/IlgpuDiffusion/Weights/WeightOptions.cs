namespace IlgpuDiffusion.Weights;

/// <summary>How a component's weights are opened.</summary>
internal sealed record WeightOptions
{
    /// <summary>The variant in the file names, such as <c>fp16</c>. By default the plain files, or the only variant that is there.</summary>
    public string? Variant { get; init; }

    /// <summary>Files or component folders that supply or replace a network of the model, by the option that gives them: <c>vae</c>, <c>clip-l</c>, <c>t5xxl</c> …</summary>
    public IReadOnlyDictionary<string, string> Supplied { get; init; } = new Dictionary<string, string>();

    /// <summary>A diffusers folder whose configurations and tokenizers a single file is read with, or null.</summary>
    public string? Settings { get; init; }

    /// <summary>A model that takes over on the way, or null.</summary>
    public string? Refiner { get; init; }

    /// <summary>Whether the network predicts v rather than ε; null for what the files say.</summary>
    public bool? PredictsVelocity { get; init; }

    /// <summary>Maps a stored name to the canonical one; null leaves the tensor out as known but unneeded. By default names stay.</summary>
    public Func<string, string?>? Rename { get; init; }
}
