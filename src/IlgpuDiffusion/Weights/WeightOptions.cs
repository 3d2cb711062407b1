namespace IlgpuDiffusion.Weights;

/// <summary>How a component's weights are opened.</summary>
internal sealed record WeightOptions
{
    /// <summary>The variant in the file names, such as <c>fp16</c>. By default the plain files, or the only variant that is there.</summary>
    public string? Variant { get; init; }

    /// <summary>Maps a stored name to the canonical one; null leaves the tensor out as known but unneeded. By default names stay.</summary>
    public Func<string, string?>? Rename { get; init; }
}
