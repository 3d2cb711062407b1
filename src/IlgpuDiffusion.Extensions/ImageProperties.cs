using Microsoft.Extensions.AI;

namespace IlgpuDiffusion.Extensions;

/// <summary>Names of <see cref="ImageGenerationOptions.AdditionalProperties"/> that <see cref="DiffusionImageGenerator"/> reads. Numbers may be of any type, or text.</summary>
public static class ImageProperties
{
    /// <summary><see cref="GenerationRequest.Seed"/>.</summary>
    public const string Seed = "seed";

    /// <summary><see cref="GenerationRequest.Steps"/>.</summary>
    public const string Steps = "steps";

    /// <summary><see cref="GenerationRequest.CfgScale"/>.</summary>
    public const string CfgScale = "cfg_scale";

    /// <summary><see cref="GenerationRequest.NegativePrompt"/>.</summary>
    public const string NegativePrompt = "negative_prompt";

    /// <summary><see cref="GenerationRequest.Sampler"/>.</summary>
    public const string Sampler = "sampler";

    /// <summary><see cref="GenerationRequest.Scheduler"/>.</summary>
    public const string Scheduler = "scheduler";

    /// <summary><see cref="GenerationRequest.Strength"/>: how far an original image is changed.</summary>
    public const string Strength = "strength";

    /// <summary><see cref="GenerationRequest.Mask"/>: a <see cref="DataContent"/>, the bytes of a PNG file, or an <see cref="Imaging.Image"/>; white is repainted.</summary>
    public const string Mask = "mask";

    /// <summary>An <see cref="IProgress{T}"/> of <see cref="GenerationProgress"/>, told of steps that are done.</summary>
    public const string Progress = "progress";
}
