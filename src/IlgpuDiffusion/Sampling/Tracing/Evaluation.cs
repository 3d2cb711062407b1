namespace IlgpuDiffusion.Sampling;

/// <summary>One evaluation of the denoiser in a run.</summary>
/// <param name="Index">Its number in the order of the run.</param>
/// <param name="Step">The index in the whole schedule of the step it belongs to.</param>
/// <param name="Level">The noise of the latents it is given.</param>
/// <param name="Scalars">The numbers that scale its input and turn its output into clean latents.</param>
internal readonly record struct Evaluation(int Index, int Step, NoiseLevel Level, EvaluationScalars Scalars);
