namespace IlgpuDiffusion;

/// <summary>How a pipeline runs.</summary>
public sealed record PipelineOptions
{
    /// <summary>Worker threads; 0 takes one per core.</summary>
    public int Threads { get; init; }
}
