namespace IlgpuDiffusion.Sampling;

/// <summary>Denoising diffusion implicit models (Song et al. 2021, arXiv:2010.02502), equations 12 and 16.</summary>
internal sealed class Ddim : ISampler
{
    /// <inheritdoc/>
    public SamplerTraits Traits { get; } = new(LevelRule.Table) { DefaultSpacing = TimestepSpacing.Leading, DefaultAlphaToOne = true };

    /// <summary>η: 0 draws no noise in the steps, 1 as much as the training process has.</summary>
    public double Eta { get; init; }

    /// <inheritdoc/>
    public void Trace(Trajectory path)
    {
        ArgumentNullException.ThrowIfNull(path);
        Latents x = path.Start;
        for (int i = path.First; i < path.End; i++)
        {
            (NoiseLevel from, NoiseLevel to) = (path.Levels[i], path.Schedule.After(i));
            Latents clean = path.Denoise(x, from);
            double variance = to.Sigma * to.Sigma / (from.Sigma * from.Sigma) * (1 - (from.AlphaBar / to.AlphaBar));
            double deviation = Eta * Math.Sqrt(Math.Max(variance, 0));
            double direction = Math.Sqrt(Math.Max((to.Sigma * to.Sigma) - (deviation * deviation), 0));
            Sum noise = (1 / from.Sigma) * (x - (from.Alpha * clean));
            Sum next = (to.Alpha * clean) + (direction * noise);
            x = path.EndStep(Eta > 0 ? next + (deviation * path.Noise()) : next);
        }
    }
}
