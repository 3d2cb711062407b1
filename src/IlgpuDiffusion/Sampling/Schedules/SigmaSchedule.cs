namespace IlgpuDiffusion.Sampling;

/// <summary>How the noise levels of a run are placed (<c>--scheduler</c>).</summary>
internal enum SigmaSchedule
{
    /// <summary>The model's own time steps and their noise levels, no reshaping.</summary>
    Discrete,

    /// <summary>Time steps 0, n, 2n …, plus the offset (Lin et al. 2023, arXiv:2305.08891, table 2).</summary>
    Leading,

    /// <summary>Time steps counted down from the last one (ibid.).</summary>
    Trailing,

    /// <summary>Time steps evenly from the first to the last one (ibid.).</summary>
    Linspace,

    /// <summary>σ^(1/7) evenly spaced (Karras et al. 2022, arXiv:2206.00364, equation 5).</summary>
    Karras,

    /// <summary>ln σ evenly spaced.</summary>
    Exponential,

    /// <summary>Quantiles of a beta(0.6, 0.6) distribution (Lee et al. 2024, arXiv:2407.12173).</summary>
    Beta,

    /// <summary>arctan σ evenly spaced (Sabour et al. 2024, arXiv:2404.14507, equation 13).</summary>
    KlOptimal,

    /// <summary>Time steps evenly from the last to the first one, σ straight in its logarithm (k-diffusion's <c>get_sigmas</c>, ComfyUI's <c>normal</c>, stable-diffusion.cpp's <c>discrete</c>).</summary>
    Uniform,

    /// <summary>As <see cref="Uniform"/> with one step more, whose level, the lowest, is left out (Stability's generative-models).</summary>
    SgmUniform,

    /// <summary>Training steps counted down from the last one in strides of T / n, rounded down (ComfyUI).</summary>
    Simple,

    /// <summary>Training steps 1, 1 + ⌊T / n⌋ …, all that there are (ComfyUI; DDIM's own).</summary>
    DdimUniform,

    /// <summary>What stable-diffusion-webui takes for the sampler (<see cref="SamplerEntry.Automatic"/>).</summary>
    Automatic,

    /// <summary>λ evenly spaced (Lu et al. 2022, arXiv:2206.00927, section 3.3), for the multistep DPM-Solver.</summary>
    Lu,
}
