namespace IlgpuDiffusion.Cli;

/// <summary>A run that is as short as a request allows, for what is to be run but not looked at.</summary>
internal static class ShortRun
{
    /// <summary>The request in the fewest steps, of so many and twice as many again and again, that leave it something to run: image to image, a refiner and some samplers need more than one.</summary>
    /// <param name="pipeline">The model.</param>
    /// <param name="request">The request.</param>
    /// <param name="least">The steps that are tried first.</param>
    /// <param name="most">The steps that must do.</param>
    /// <exception cref="RequestException">They do not.</exception>
    public static PlannedRequest Plan(DiffusionPipeline pipeline, GenerationRequest request, int least, int most)
    {
        for (int steps = least; steps < most; steps *= 2)
        {
            try
            {
                return pipeline.Plan(request with { Steps = steps });
            }
            catch (RequestException)
            {
                // Whatever else is wrong with the request, the last attempt says.
            }
        }

        return pipeline.Plan(request with { Steps = most });
    }
}
