namespace IlgpuDiffusion.Sampling;

/// <summary>What the denoiser's output is.</summary>
internal enum Prediction
{
    /// <summary>The noise ε (Ho et al. 2020, arXiv:2006.11239, equation 11).</summary>
    Epsilon,

    /// <summary>The velocity v = α ε − σ x₀ (Salimans and Ho 2022, arXiv:2202.00512, section 4).</summary>
    Velocity,

    /// <summary>The clean latents x₀.</summary>
    Sample,

    /// <summary>The velocity ε − x₀ of a straight path (Liu et al. 2022, arXiv:2209.03003), of latents as they are.</summary>
    Flow,
}
