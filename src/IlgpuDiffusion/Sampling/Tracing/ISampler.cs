namespace IlgpuDiffusion.Sampling;

/// <summary>A way from noise to clean latents. It is run once, on handles instead of numbers, and what it does is recorded.</summary>
internal interface ISampler
{
    /// <summary>What the sampler needs of its noise levels.</summary>
    SamplerTraits Traits { get; }

    /// <summary>Runs the sampler: from <see cref="Trajectory.Start"/> to the last <see cref="Trajectory.EndStep"/>.</summary>
    void Trace(Trajectory path);
}
