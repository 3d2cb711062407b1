namespace IlgpuDiffusion.Sampling;

/// <summary>Heun's method of second order: two evaluations a step, but one in a last step to no noise (Karras et al. 2022, arXiv:2206.00364, algorithm 1).</summary>
internal sealed class Heun : ISampler
{
    /// <inheritdoc/>
    public SamplerTraits Traits { get; } = new(LevelRule.Exploding) { FollowsFlow = true };

    /// <inheritdoc/>
    public void Trace(Trajectory path)
    {
        ArgumentNullException.ThrowIfNull(path);
        Latents x = path.Start;
        for (int i = path.First; i < path.End; i++)
        {
            (NoiseLevel from, NoiseLevel to) = (path.Levels[i], path.Levels[i + 1]);
            Latents clean = path.Denoise(x, from);
            Sum slope = (1 / from.Sigma) * (x - clean);
            if (to.Sigma > 0)
            {
                Latents ahead = path.Keep(x + ((to.Sigma - from.Sigma) * slope));
                slope = 0.5 * (slope + ((1 / to.Sigma) * (ahead - path.Denoise(ahead, to))));
            }

            x = path.EndStep(x + ((to.Sigma - from.Sigma) * slope));
        }
    }
}
