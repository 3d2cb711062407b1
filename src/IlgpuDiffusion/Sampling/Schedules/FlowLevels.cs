namespace IlgpuDiffusion.Sampling;

/// <summary>Places the steps of a run on the straight paths of flow matching.</summary>
internal static class FlowLevels
{
    /// <summary>The levels that are evaluated, from the noisiest down.</summary>
    /// <exception cref="ArgumentException">The schedule has no meaning for flow matching.</exception>
    public static IReadOnlyList<NoiseLevel> Place(SchedulerConfig config, FlowNoise noise, int steps)
    {
        // The ends of the training steps; where the shift does not depend on the picture, they are shifted themselves already.
        double highest = 1, lowest = noise.EndsAtStep ? 1.0 / steps : noise.Dynamic ? 1.0 / noise.Steps : noise.Shifted(1.0 / noise.Steps);
        double[] sigmas = [.. Enumerable.Range(0, steps).Select(i => noise.Shifted(steps == 1 ? highest : highest + (i * (lowest - highest) / (steps - 1))))];
        if (config.Reshaping is SigmaSchedule.Karras or SigmaSchedule.Exponential or SigmaSchedule.Beta)
        {
            sigmas = SigmaReshaping.Place(config.Reshaping, sigmas[0], sigmas[^1], steps);
        }
        else if (config.Reshaping != SigmaSchedule.Discrete)
        {
            throw new ArgumentException($"A model of flow matching has no schedule '{SamplerCatalogue.NameOf(config.Reshaping)}'; use 'discrete', 'karras', 'exponential' or 'beta'.");
        }

        return [.. sigmas.Select(sigma => NoiseLevel.Flow((float)sigma, (float)(sigma * noise.Steps)))];
    }
}
