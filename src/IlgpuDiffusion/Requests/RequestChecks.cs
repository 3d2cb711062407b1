using System.Runtime.CompilerServices;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Requests;

/// <summary>What a request's settings must be, whatever the model.</summary>
internal static class RequestChecks
{
    // The most characters that a prompt may have: more than its tokens may be, so that no time is lost on a file that was given by mistake.
    private const int MostCharacters = 32768;

    private const int MostPixels = 16384;

    /// <summary>A side of the picture, in pixels, which the model's factor divides.</summary>
    /// <exception cref="RequestException">It does not, or the side is too large.</exception>
    public static int Side(string name, string setting, int pixels, int factor)
    {
        Require(pixels <= MostPixels, setting, $"{name} must be at most {MostPixels}; it is {pixels}.");
        if (pixels <= 0 || pixels % factor != 0)
        {
            int near = Math.Clamp((int)Math.Round((double)pixels / factor), 1, MostPixels / factor) * factor;
            throw new RequestException(setting, $"{name} must be a positive multiple of {factor}; it is {pixels}. The nearest is {near}.");
        }

        return pixels;
    }

    /// <summary>Every number and text.</summary>
    /// <exception cref="RequestException">One is out of its range.</exception>
    public static void Numbers(GenerationRequest request, int steps, double guidance)
    {
        RequireShort("prompt", nameof(GenerationRequest.Prompt), request.Prompt);
        RequireShort(ResolvedRequest.Negative, nameof(GenerationRequest.NegativePrompt), request.NegativePrompt);
        Require(steps >= 1, nameof(GenerationRequest.Steps), $"steps must be at least 1; it is {steps}.");
        Require(double.IsFinite(guidance) && guidance >= 0, nameof(GenerationRequest.CfgScale), $"cfg scale must be a number of at least 0; it is {guidance}.");
        Require(double.IsFinite(request.TrueCfgScale) && request.TrueCfgScale >= 0, nameof(GenerationRequest.TrueCfgScale), $"true cfg scale must be a number of at least 0; it is {request.TrueCfgScale}.");
        Require(request.CfgRescale is >= 0 and <= 1, nameof(GenerationRequest.CfgRescale), $"cfg rescale must be from 0 to 1; it is {request.CfgRescale}.");
        Require(request.BatchCount is >= 1 and <= 64, nameof(GenerationRequest.BatchCount), $"batch count must be from 1 to 64; it is {request.BatchCount}.");
        Require(request.BatchSize is null or >= 1, nameof(GenerationRequest.BatchSize), $"batch size must be at least 1; it is {request.BatchSize}.");
        Require(request.Seed is null || request.Seed <= ulong.MaxValue - (ulong)(request.BatchCount - 1), nameof(GenerationRequest.Seed), $"seed must leave room for {request.BatchCount} pictures, whose seeds count up from it; it is {request.Seed}.");
        Require(request.Eta is null || (double.IsFinite(request.Eta.Value) && request.Eta >= 0), nameof(GenerationRequest.Eta), $"eta must be a number of at least 0; it is {request.Eta}.");
        Require(request.InitImage is null || request.Strength is > 0 and <= 1, nameof(GenerationRequest.Strength), $"strength must be above 0 and at most 1; it is {request.Strength}.");
        Require(double.IsFinite(request.AestheticScore), nameof(GenerationRequest.AestheticScore), $"aesthetic score must be a number; it is {request.AestheticScore}.");
        Require(double.IsFinite(request.NegativeAestheticScore), nameof(GenerationRequest.NegativeAestheticScore), $"negative aesthetic score must be a number; it is {request.NegativeAestheticScore}.");
        Require(request.MaskBlur is null or (>= 0 and <= 64), nameof(GenerationRequest.MaskBlur), $"mask blur must be from 0 to 64 pixels, or null; it is {request.MaskBlur}.");
        Require(Enum.IsDefined(request.Rng), nameof(GenerationRequest.Rng), $"rng must be one of {string.Join(", ", Enum.GetNames<NoiseKind>())}; it is {request.Rng}.");
        Require(request.PreviewInterval >= 0, nameof(GenerationRequest.PreviewInterval), $"preview interval must not be negative; it is {request.PreviewInterval}.");
    }

    /// <summary>The pictures that it begins with.</summary>
    /// <exception cref="RequestException">One is missing.</exception>
    public static void Pictures(GenerationRequest request, ModelParts parts)
    {
        Require(request.Mask is null || request.InitImage is not null, nameof(GenerationRequest.InitImage), "a mask needs a picture to start from (init image).");
        Require(!parts.InpaintingNetwork || request is { InitImage: not null, Mask: not null }, request.InitImage is null ? nameof(GenerationRequest.InitImage) : nameof(GenerationRequest.Mask), $"'{parts.Name}' is an inpainting model: it needs a picture to start from (init image) and a mask.");
    }

    /// <summary>Throws where a setting is not as it must be.</summary>
    /// <exception cref="RequestException">The condition does not hold.</exception>
    public static void Require(bool condition, string setting, string message)
    {
        if (!condition)
        {
            throw new RequestException(setting, message);
        }
    }

    /// <summary>Throws where a setting is not as it must be.</summary>
    /// <exception cref="RequestException">The condition does not hold.</exception>
    public static void Require(bool condition, string setting, [InterpolatedStringHandlerArgument(nameof(condition))] ref RequirementMessage message)
    {
        if (!condition)
        {
            throw new RequestException(setting, message.Text());
        }
    }

    private static void RequireShort(string name, string setting, string text) =>
        Require(text.Length <= MostCharacters, setting, $"the {name} must have at most {MostCharacters} characters; it has {text.Length}.");
}
