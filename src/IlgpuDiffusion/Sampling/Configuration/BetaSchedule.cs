namespace IlgpuDiffusion.Sampling;

/// <summary><c>beta_schedule</c>: the variance added in each training step.</summary>
internal enum BetaSchedule
{
    /// <summary>β evenly spaced (Ho et al. 2020, arXiv:2006.11239, section 4).</summary>
    Linear,

    /// <summary>√β evenly spaced (Rombach et al. 2022, arXiv:2112.10752); Stable Diffusion's.</summary>
    ScaledLinear,

    /// <summary><c>squaredcos_cap_v2</c>: ᾱ a squared cosine (Nichol and Dhariwal 2021, arXiv:2102.09672, equation 17).</summary>
    Cosine,
}
