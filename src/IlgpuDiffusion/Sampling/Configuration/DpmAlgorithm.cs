namespace IlgpuDiffusion.Sampling;

/// <summary><c>algorithm_type</c>: what the DPM-Solvers integrate.</summary>
internal enum DpmAlgorithm
{
    /// <summary>The noise (DPM-Solver, Lu et al. 2022, arXiv:2206.00927).</summary>
    Dpm,

    /// <summary>The clean latents (DPM-Solver++, Lu et al. 2022, arXiv:2211.01095).</summary>
    DpmPlusPlus,

    /// <summary>The noise, with fresh noise in every step.</summary>
    SdeDpm,

    /// <summary>The clean latents, with fresh noise in every step (SDE-DPM-Solver++, arXiv:2211.01095, appendix B).</summary>
    SdeDpmPlusPlus,
}
