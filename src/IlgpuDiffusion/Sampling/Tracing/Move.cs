namespace IlgpuDiffusion.Sampling;

/// <summary>One action of a <see cref="SamplingProgram"/> on its registers, each of which holds latents [B, H, W, C].</summary>
internal abstract record Move
{
    private protected Move()
    {
    }
}

/// <summary>One register in a sum.</summary>
/// <param name="Register">The register.</param>
/// <param name="Coefficient">Its coefficient.</param>
internal readonly record struct Term(int Register, double Coefficient);

/// <summary>
/// target ← Σ aᵢ·xᵢ + b·noise. The target may be one of the sources: every value depends on the values at its own place alone.
/// Without terms and noise the target is set to 0.
/// </summary>
/// <param name="Target">The register written.</param>
/// <param name="Terms">The registers read, with their coefficients; none is 0.</param>
/// <param name="Noise">Which draw of noise, counted from 0 in the order of the run; null for none.</param>
/// <param name="NoiseCoefficient">The coefficient of the noise.</param>
internal sealed record CombineMove(int Target, IReadOnlyList<Term> Terms, int? Noise, double NoiseCoefficient) : Move;

/// <summary>clean ← denoise(x): runs the model at <see cref="SamplingProgram.Evaluations"/>[<paramref name="Evaluation"/>]. The target is never the source.</summary>
/// <param name="Evaluation">The index of the evaluation.</param>
/// <param name="Source">The register of the noisy latents.</param>
/// <param name="Clean">The register that receives the guided clean latents.</param>
internal sealed record EvaluateMove(int Evaluation, int Source, int Clean) : Move;

/// <summary>A step has ended: previews, progress and inpainting work on the register now, and may change it.</summary>
/// <param name="Step">The index of the step in the whole schedule.</param>
/// <param name="Register">The register of the latents.</param>
/// <param name="Level">Their noise, as known latents are to be noised when they are blended in; none after the last step.</param>
internal sealed record EndStepMove(int Step, int Register, NoiseLevel Level) : Move;
