namespace IlgpuDiffusion.Sampling;

/// <summary>
/// Schedules as k-diffusion, stable-diffusion-webui, ComfyUI and stable-diffusion.cpp place them: over all of the trained noise, whatever the model's configuration says of spacing,
/// with σ between training steps straight in its logarithm, time steps left unrounded, and no noise at the end.
/// </summary>
internal static class PlacedLevels
{
    /// <summary>σ / α and the time step of every level that is evaluated, from the highest down; as many as there are steps, but for <see cref="SigmaSchedule.DdimUniform"/>.</summary>
    public static (double Ratio, double Timestep)[] Place(SigmaSchedule schedule, TrainedNoise trained, int steps)
    {
        int last = trained.Count - 1;
        double[] timesteps = schedule switch
        {
            SigmaSchedule.Uniform => TimestepPlacing.Linspace(trained.Count, steps, one: last),
            SigmaSchedule.SgmUniform => TimestepPlacing.Linspace(trained.Count, steps + 1)[..^1],
            SigmaSchedule.Simple => [.. Enumerable.Range(0, steps).Select(i => (double)(last - (int)(i * (trained.Count / (double)steps))))],
            SigmaSchedule.DdimUniform => DdimUniform(trained.Count, steps),
            _ => [],
        };
        return timesteps.Length > 0
            ? [.. timesteps.Select(timestep => (trained.RatioAt(timestep), timestep))]
            : [.. SigmaReshaping.Place(schedule, trained.Ratios[^1], trained.Ratios[0], steps).Select(ratio => (ratio, trained.TimestepOf(ratio)))];
    }

    /// <summary>Every ⌊T / n⌋-th training step from the second on: where n does not divide T, more of them than steps were asked for.</summary>
    private static double[] DdimUniform(int count, int steps)
    {
        int stride = Math.Max(1, count / steps);
        return [.. Enumerable.Range(0, (count - 1 + stride - 1) / stride).Select(i => 1.0 + (i * stride)).Reverse()];
    }
}
