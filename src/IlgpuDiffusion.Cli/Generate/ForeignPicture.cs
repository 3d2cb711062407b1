using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Cli;

/// <summary>What other programs mean by what their pictures say, or leave out.</summary>
internal static class ForeignPicture
{
    // Written by image to image alone.
    private static readonly string[] FromPicture = ["Mask blur", "Mask mode", "Inpaint area", "Masked content", "Masked area padding", "Resize mode", "Image CFG scale", "Init image hash", "Soft inpainting enabled"];

    // Of stable-diffusion.cpp, said of every picture.
    private static readonly string[] Idle = ["Guidance", "TE", "UNet", "Unet", "VAE", "Mode"];

    public static bool IsOwn(GenerationMetadata m) => m.Version?.StartsWith("IlgpuDiffusion", StringComparison.Ordinal) == true;

    /// <summary>Whether a picture was surely made from another one.</summary>
    public static bool StartsAtPicture(GenerationMetadata m) =>
        IsOwn(m) ? m.DenoisingStrength is not null : m.InitImageHash is not null || m.MaskBlur is not null || m.Others.Any(o => FromPicture.Contains(o.Key));

    /// <summary>Whether it was painted at a low resolution first and then made larger, which states a denoising strength too.</summary>
    public static bool WasEnlarged(GenerationMetadata m) => m.Others.Any(o => o.Key.StartsWith("Hires ", StringComparison.Ordinal));

    public static bool IsIdle(GenerationMetadata m, string key) => IsCpp(m) && Idle.Contains(key);

    /// <summary>The schedule: where the picture names none, k-diffusion's own; samplers that step over training steps know no other than theirs.</summary>
    public static string? Schedule(GenerationMetadata m)
    {
        if (IsOwn(m) || m.Sampler is null || !SamplerCatalogue.TryResolve(m.Sampler, out SamplerChoice choice))
        {
            return m.ScheduleType;
        }

        return choice.Entry.Automatic == SigmaSchedule.DdimUniform ? "automatic" : m.ScheduleType ?? (choice.Schedule is null ? "uniform" : null);
    }

    /// <summary>η: stable-diffusion.cpp writes 0 for samplers that it does not give it to.</summary>
    public static double? Eta(GenerationMetadata m) => IsCpp(m) && m.Eta == 0 ? null : m.Eta;

    /// <summary>Whose noise: pictures of stable-diffusion-webui name it only where it is not the default, that of CUDA; ComfyUI and what is built on it draw on the CPU.</summary>
    /// <param name="m">The picture.</param>
    /// <param name="unknown">The noise's name where it is not known, or null.</param>
    public static NoiseKind Noise(GenerationMetadata m, out string? unknown)
    {
        unknown = null;
        switch (m.Rng?.ToUpperInvariant())
        {
            case null:
                return IsOwn(m) || m.Version?.Contains("ComfyUI", StringComparison.OrdinalIgnoreCase) == true ? NoiseKind.Cpu : NoiseKind.Cuda;
            case "CPU":
                return NoiseKind.Cpu;
            case "NV" or "GPU" or "CUDA":
                return NoiseKind.Cuda;
            default:
                unknown = m.Rng;
                return NoiseKind.Cpu;
        }
    }

    private static bool IsCpp(GenerationMetadata m) => m.Version?.StartsWith("stable-diffusion.cpp", StringComparison.Ordinal) == true;
}
