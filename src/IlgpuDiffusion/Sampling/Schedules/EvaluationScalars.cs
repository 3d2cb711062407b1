namespace IlgpuDiffusion.Sampling;

/// <summary>
/// The numbers around one evaluation of the denoiser F (preconditioning of Karras et al. 2022, arXiv:2206.00364, equation 7):
/// clean = <paramref name="CSkip"/>·x + <paramref name="COut"/>·F(<paramref name="CIn"/>·x, <paramref name="Timestep"/>).
/// </summary>
/// <param name="CIn">Scale of the denoiser's input; 1 for variance-preserving latents.</param>
/// <param name="CSkip">Scale of the latents in the clean latents.</param>
/// <param name="COut">Scale of the denoiser's output in the clean latents.</param>
/// <param name="Timestep">The denoiser's time, in training steps.</param>
internal readonly record struct EvaluationScalars(double CIn, double CSkip, double COut, double Timestep)
{
    /// <summary>The scalars at a level, for either parametrisation of the latents.</summary>
    public static EvaluationScalars At(NoiseLevel level, Prediction prediction)
    {
        // The denoiser was trained on variance-preserving inputs: (α x₀ + σ ε) / √(α² + σ²).
        double norm = Math.Sqrt((level.Alpha * level.Alpha) + (level.Sigma * level.Sigma));
        return prediction switch
        {
            Prediction.Epsilon when level.Alpha == 0 => throw new InvalidDataException("prediction_type 'epsilon' cannot start at zero terminal signal-to-noise ratio (rescale_betas_zero_snr): the noise says nothing about the picture there. Set prediction_type to 'v_prediction', or rescale_betas_zero_snr to false."),
            Prediction.Epsilon => new(1 / norm, 1 / level.Alpha, -level.Sigma / level.Alpha, level.Timestep),
            Prediction.Velocity => new(1 / norm, level.Alpha / (norm * norm), -level.Sigma / norm, level.Timestep),
            Prediction.Flow => new(1, 1, -level.Sigma, level.Timestep),
            Prediction.Sample => new(1 / norm, 0, 1, level.Timestep),
            _ => throw new ArgumentOutOfRangeException(nameof(prediction), prediction, "Unknown prediction."),
        };
    }
}
