namespace IlgpuDiffusion.Sampling;

/// <summary>What the multistep and the single-step DPM-Solver share.</summary>
internal static class DpmSolver
{
    /// <summary>Whether a run of this algorithm draws noise in its steps.</summary>
    public static bool IsStochastic(DpmAlgorithm algorithm) => algorithm is DpmAlgorithm.SdeDpm or DpmAlgorithm.SdeDpmPlusPlus;

    /// <summary>What the history holds: the clean latents, or for the older algorithms the noise.</summary>
    public static Latents Output(Trajectory path, DpmAlgorithm algorithm, Latents x, NoiseLevel at)
    {
        Latents clean = path.Denoise(x, at);
        return algorithm is DpmAlgorithm.Dpm or DpmAlgorithm.SdeDpm ? path.Keep((1 / at.Sigma) * (x - (at.Alpha * clean))) : clean;
    }

    /// <summary>Refuses settings that the algorithm cannot run with.</summary>
    public static void Check(Trajectory path, DpmAlgorithm algorithm, int order)
    {
        if (algorithm is DpmAlgorithm.Dpm or DpmAlgorithm.SdeDpm && path.Levels[^1].Sigma == 0)
        {
            throw new InvalidDataException("algorithm_type 'dpmsolver' and 'sde-dpmsolver' cannot end at no noise; set final_sigmas_type to 'sigma_min', or algorithm_type to 'dpmsolver++' or 'sde-dpmsolver++'.");
        }

        if (algorithm == DpmAlgorithm.SdeDpm && order == 3)
        {
            throw new InvalidDataException("algorithm_type 'sde-dpmsolver' has no third order; set solver_order to 1 or 2.");
        }
    }
}
