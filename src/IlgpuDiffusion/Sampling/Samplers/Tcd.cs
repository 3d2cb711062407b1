namespace IlgpuDiffusion.Sampling;

/// <summary>
/// Strategic stochastic sampling of models that were distilled along their trajectories (Zheng et al. 2024, arXiv:2402.19159, algorithm 4): each step jumps beyond the next level, to a share of its
/// time, and noise leads back up to it. TCD and Hyper-SD LoRAs are made for it.
/// </summary>
internal sealed class Tcd : ISampler
{
    /// <inheritdoc/>
    public SamplerTraits Traits { get; } = new(LevelRule.Consistency);

    /// <summary>γ, the reference's <c>eta</c>, from 0 to 1: 0 stops at the next level and draws no noise; 1 jumps to the first training step, as latent consistency sampling does.</summary>
    public double Gamma { get; init; } = 0.3;

    /// <inheritdoc/>
    public void Trace(Trajectory path)
    {
        ArgumentNullException.ThrowIfNull(path);
        Latents x = path.Start;
        for (int i = path.First; i < path.End; i++)
        {
            bool last = i + 1 == path.End;

            // As the reference has it, the run ends at the noise of the first training step.
            (NoiseLevel from, NoiseLevel to) = (path.Levels[i], last ? path.Schedule.Trained(0) : path.Levels[i + 1]);
            NoiseLevel beyond = path.Schedule.Trained((int)Math.Floor((1 - Gamma) * to.Timestep));
            Latents clean = path.Denoise(x, from);
            Sum noise = (1 / from.Sigma) * (x - (from.Alpha * clean));
            Sum jumped = (beyond.Alpha * clean) + (beyond.Sigma * noise);
            double kept = to.Alpha / beyond.Alpha;
            x = path.EndStep(last || Gamma == 0 ? jumped : (kept * jumped) + (Math.Sqrt(1 - (kept * kept)) * path.Noise()));
        }
    }
}
