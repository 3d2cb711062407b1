namespace IlgpuDiffusion.Sampling;

/// <summary>
/// Second-order DPM-Solver++ in single steps (Lu et al. 2022, arXiv:2211.01095, algorithm 1 with r = ½) to below the next σ, and noise up to it: "DPM++ 2S a" as k-diffusion has it.
/// Two evaluations a step, but one in a last step to no noise.
/// </summary>
internal sealed class DpmSinglestepAncestral : ISampler
{
    /// <inheritdoc/>
    public SamplerTraits Traits { get; } = new(LevelRule.Exploding);

    /// <summary>η: the fraction of the ancestral noise.</summary>
    public double Eta { get; init; } = 1;

    /// <inheritdoc/>
    public void Trace(Trajectory path)
    {
        ArgumentNullException.ThrowIfNull(path);
        Latents x = path.Start;
        for (int i = path.First; i < path.End; i++)
        {
            (double from, double to) = (path.Levels[i].Sigma, path.Levels[i + 1].Sigma);
            (double down, double up) = EulerAncestral.Split(from, to, Eta);
            Latents clean = path.Denoise(x, path.Levels[i]);
            if (down > 0)
            {
                // Half of the step in λ = −ln σ.
                double middle = Math.Sqrt(from * down);
                clean = path.Denoise(clean + (middle / from * (x - clean)), path.Schedule.Exploding(middle));
            }

            Sum next = clean + (down / from * (x - clean));
            x = path.EndStep(to > 0 ? next + (up * path.Noise()) : next);
        }
    }
}
