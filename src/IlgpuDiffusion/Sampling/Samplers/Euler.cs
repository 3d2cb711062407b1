namespace IlgpuDiffusion.Sampling;

/// <summary>Euler's method on dx/dσ = (x − x₀) / σ (Karras et al. 2022, arXiv:2206.00364, algorithm 1 without its correction).</summary>
internal sealed class Euler : ISampler
{
    /// <inheritdoc/>
    public SamplerTraits Traits { get; } = new(LevelRule.Exploding) { HonoursFinalSigma = true, FollowsFlow = true };

    /// <inheritdoc/>
    public void Trace(Trajectory path)
    {
        ArgumentNullException.ThrowIfNull(path);
        Latents x = path.Start;
        for (int i = path.First; i < path.End; i++)
        {
            (NoiseLevel from, NoiseLevel to) = (path.Levels[i], path.Levels[i + 1]);
            Latents clean = path.Denoise(x, from);
            x = path.EndStep(clean + (to.Sigma / from.Sigma * (x - clean)));
        }
    }
}
