namespace IlgpuDiffusion.Sampling;

/// <summary>
/// How noisy latents are: x = <paramref name="Alpha"/>·x₀ + <paramref name="Sigma"/>·ε, with x₀ clean and ε standard normal. Variance-preserving samplers (DDIM, DPM-Solver)
/// have α² + σ² = 1, variance-exploding ones (Euler, Heun, LMS) α = 1; both are handled by the same formulas.
/// </summary>
/// <param name="Alpha">The coefficient of the clean latents; 0 at zero terminal signal-to-noise ratio.</param>
/// <param name="Sigma">The coefficient of the noise; 0 where the latents are clean.</param>
/// <param name="Timestep">What the denoiser is given as its time, in training steps; −1 where it is not evaluated.</param>
internal readonly record struct NoiseLevel(double Alpha, double Sigma, double Timestep)
{
    /// <summary>No noise at all.</summary>
    public static NoiseLevel Clean => new(1, 0, -1);

    /// <summary>ᾱ = α² / (α² + σ²) of Ho et al. 2020 (arXiv:2006.11239), section 2.</summary>
    public double AlphaBar => Alpha * Alpha / ((Alpha * Alpha) + (Sigma * Sigma));

    /// <summary>σ / α: the σ of Karras et al. 2022 (arXiv:2206.00364); infinite at zero signal-to-noise ratio.</summary>
    public double Ratio => Sigma / Alpha;

    /// <summary>λ = ln(α / σ), half the logarithm of the signal-to-noise ratio, of DPM-Solver (arXiv:2206.00927), section 3.</summary>
    public double Lambda => Math.Log(Alpha) - Math.Log(Sigma);

    internal static NoiseLevel Preserving(double ratio, double timestep)
    {
        double alpha = 1 / Math.Sqrt((ratio * ratio) + 1);
        return new(alpha, ratio * alpha, timestep);
    }

    internal static NoiseLevel Flow(double sigma, double timestep) => new(1 - sigma, sigma, timestep);

    internal static NoiseLevel Exploding(double ratio, double timestep) => new(1, ratio, timestep);
}
