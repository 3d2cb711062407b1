namespace IlgpuDiffusion.Sampling;

/// <summary>Places n values of σ between a lowest and a highest one, from the highest down.</summary>
internal static class SigmaReshaping
{
    private const double Rho = 7;
    private const double BetaShape = 0.6;

    public static double[] Place(SigmaSchedule schedule, double highest, double lowest, int count)
    {
        double[] ramp = [.. Enumerable.Range(0, count).Select(i => count == 1 ? 0 : i / (double)(count - 1))];
        return schedule switch
        {
            // Karras et al. 2022 (arXiv:2206.00364), equation 5, ρ = 7.
            SigmaSchedule.Karras => [.. ramp.Select(r => Math.Pow(Math.Pow(highest, 1 / Rho) + (r * (Math.Pow(lowest, 1 / Rho) - Math.Pow(highest, 1 / Rho))), Rho))],

            // Even steps of ln σ are even steps of λ = −ln σ: the exponential schedule and Lu's are the same numbers.
            SigmaSchedule.Exponential or SigmaSchedule.Lu => [.. ramp.Select(r => Math.Exp(Math.Log(highest) + (r * (Math.Log(lowest) - Math.Log(highest)))))],
            SigmaSchedule.KlOptimal => [.. ramp.Select(r => Math.Tan((r * Math.Atan(lowest)) + ((1 - r) * Math.Atan(highest))))],
            SigmaSchedule.Beta => [.. ramp.Select(r => lowest + (BetaQuantile.Of(1 - r, BetaShape) * (highest - lowest)))],
            _ => throw new ArgumentOutOfRangeException(nameof(schedule), schedule, "This schedule does not reshape σ."),
        };
    }
}
