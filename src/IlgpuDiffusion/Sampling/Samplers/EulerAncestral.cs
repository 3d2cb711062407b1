namespace IlgpuDiffusion.Sampling;

/// <summary>Euler's method below the next σ, and noise up to it: ancestral sampling (Song et al. 2021, arXiv:2011.13456, appendix F) in k-diffusion's form.</summary>
internal sealed class EulerAncestral : ISampler
{
    /// <inheritdoc/>
    public SamplerTraits Traits { get; } = new(LevelRule.Exploding);

    /// <summary>η: the fraction of the ancestral noise; 0 is <see cref="Euler"/>.</summary>
    public double Eta { get; init; } = 1;

    /// <inheritdoc/>
    public void Trace(Trajectory path)
    {
        ArgumentNullException.ThrowIfNull(path);
        Latents x = path.Start;
        for (int i = path.First; i < path.End; i++)
        {
            (double from, double to) = (path.Levels[i].Sigma, path.Levels[i + 1].Sigma);
            (double down, double up) = Split(from, to, Eta);
            Latents clean = path.Denoise(x, path.Levels[i]);
            x = path.EndStep(clean + (down / from * (x - clean)) + (up * path.Noise()));
        }
    }

    /// <summary>The σ that is stepped down to, and that of the noise which leads up to <paramref name="to"/> again: down² + up² = to².</summary>
    internal static (double Down, double Up) Split(double from, double to, double eta)
    {
        double up = Math.Min(to, eta * to * Math.Sqrt(1 - (to * to / (from * from))));
        return (Math.Sqrt((to * to) - (up * up)), up);
    }
}
