namespace IlgpuDiffusion.Sampling;

/// <summary>
/// The exponential integrators of DPM-Solver (arXiv:2206.00927, section 3) and DPM-Solver++ (arXiv:2211.01095, section 4) over one step from s to t, h = λ_t − λ_s:
/// x_t = Sample·x_s + First·D₀ + Second·D₁ + Third·D₂ + Noise·z, with D₀ the history's newest output, D₁ and D₂ its divided differences.
/// </summary>
/// <param name="Sample">The coefficient of the latents at s.</param>
/// <param name="First">The coefficient of D₀.</param>
/// <param name="Midpoint">The coefficient of D₁ for the midpoint rule.</param>
/// <param name="Second">The coefficient of D₁ for Heun's rule and for third order.</param>
/// <param name="Third">The coefficient of D₂.</param>
/// <param name="Noise">The coefficient of fresh noise.</param>
internal readonly record struct DpmCoefficients(double Sample, double First, double Midpoint, double Second, double Third, double Noise)
{
    public static DpmCoefficients Over(DpmAlgorithm algorithm, NoiseLevel from, NoiseLevel to)
    {
        double h = to.Lambda - from.Lambda;
        (double scale, double sample, double k, double noise) = algorithm switch
        {
            DpmAlgorithm.DpmPlusPlus => (-to.Alpha, to.Sigma / from.Sigma, -h, 0),
            DpmAlgorithm.SdeDpmPlusPlus => (-to.Alpha, to.Sigma / from.Sigma * Math.Exp(-h), -2 * h, to.Sigma * Math.Sqrt(1 - Math.Exp(-2 * h))),
            DpmAlgorithm.Dpm => (-to.Sigma, to.Alpha / from.Alpha, h, 0),
            DpmAlgorithm.SdeDpm => (-2 * to.Sigma, to.Alpha / from.Alpha, h, to.Sigma * Math.Sqrt(Math.Exp(2 * h) - 1)),
            _ => throw new ArgumentOutOfRangeException(nameof(algorithm), algorithm, "Unknown algorithm."),
        };

        // k φ₁ = eᵏ − 1, k φ₂ = (eᵏ − 1) / k − 1, k φ₃ = (eᵏ − 1 − k) / k² − ½. The reference adds the ½ for SDE-DPM-Solver++, which
        // its third order then does not follow from; kept, since pictures are compared with the reference.
        double half = algorithm == DpmAlgorithm.SdeDpmPlusPlus ? -0.5 : 0.5;
        double one = Math.Exp(k) - 1;
        double two = double.IsInfinity(k) ? -1 : (one / k) - 1;
        double three = (double.IsInfinity(k) ? 0 : (one - k) / (k * k)) - half;
        return new(sample, scale * one, scale * one / 2, scale * two, scale * three, noise);
    }
}
