namespace IlgpuDiffusion.Sampling;

/// <summary>Multistep sampling of latent consistency models: each step estimates the clean latents, and noise leads to the next level (Luo et al. 2023, arXiv:2310.04378, algorithm 3).</summary>
/// <param name="timeScale">What times are multiplied by in the boundary condition.</param>
internal sealed class Lcm(double timeScale) : ISampler
{
    // The boundary condition (Song et al. 2023, arXiv:2303.01469, appendix C): at time 0 the latents are the estimate.
    private const double DataDeviation = 0.5;

    /// <inheritdoc/>
    public SamplerTraits Traits { get; } = new(LevelRule.Consistency);

    /// <inheritdoc/>
    public void Trace(Trajectory path)
    {
        ArgumentNullException.ThrowIfNull(path);
        Latents x = path.Start;
        for (int i = path.First; i < path.End; i++)
        {
            (NoiseLevel from, NoiseLevel to) = (path.Levels[i], path.Levels[i + 1]);
            double time = from.Timestep * timeScale;
            double norm = (time * time) + (DataDeviation * DataDeviation);
            Sum clean = (time / Math.Sqrt(norm) * path.Denoise(x, from)) + (DataDeviation * DataDeviation / norm * x);
            x = path.EndStep(i + 1 < path.End ? (to.Alpha * clean) + (to.Sigma * path.Noise()) : clean);
        }
    }
}
