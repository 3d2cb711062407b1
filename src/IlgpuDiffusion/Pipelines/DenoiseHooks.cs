namespace IlgpuDiffusion.Pipelines;

/// <summary>Ways into the loop, for comparisons with recordings and for what calibration and expected times go by.</summary>
/// <param name="Draw">Gives the draws of noise, [B, h, w, c], in place of a generator.</param>
/// <param name="EndStep">Is told of every step's end; its argument reads the latents.</param>
/// <param name="Evaluated">Is told of every evaluation: its number, the latents that it was given, and the clean ones, [B, h, w, c].</param>
/// <param name="StepTook">Is told of every step, the first being 0, and how long it took, without what listeners did.</param>
internal sealed record DenoiseHooks(Func<float[]>? Draw = null, Action<Func<float[]>>? EndStep = null, Action<int, float[], float[]>? Evaluated = null, Action<int, TimeSpan>? StepTook = null);
