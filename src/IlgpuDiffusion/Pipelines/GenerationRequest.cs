using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion;

/// <summary>What to paint and how; what is null is decided by the model's defaults.</summary>
public sealed record GenerationRequest
{
    /// <summary>What the picture shows; <c>(word:1.3)</c> weights, <c>BREAK</c> starts a new chunk of 75 tokens.</summary>
    public string Prompt { get; init; } = string.Empty;

    /// <summary>What the picture should not show.</summary>
    public string NegativePrompt { get; init; } = string.Empty;

    /// <summary>Width in pixels, a multiple of 8.</summary>
    public int? Width { get; init; }

    /// <summary>Height in pixels, a multiple of 8.</summary>
    public int? Height { get; init; }

    /// <summary>Steps of the sampler, at least 1.</summary>
    public int? Steps { get; init; }

    /// <summary>Guidance scale (classifier-free guidance); 1 is none.</summary>
    public double? CfgScale { get; init; }

    /// <summary>How far the guided prediction is brought back to the spread of the conditional one, 0 to 1 (Lin et al. 2023, section 3.4).</summary>
    public double CfgRescale { get; init; }

    /// <summary>The seed of the first picture; picture i has this plus i. Null draws one.</summary>
    public long? Seed { get; init; }

    /// <summary>Number of pictures.</summary>
    public int BatchCount { get; init; } = 1;

    /// <summary>The sampler under any of its names; null takes the model's.</summary>
    public string? Sampler { get; init; }

    /// <summary>The schedule of noise levels under any of its names; null takes the model's.</summary>
    public string? Scheduler { get; init; }

    /// <summary>Noise that DDIM adds at each step, as a part of what an ancestral sampler adds.</summary>
    public double Eta { get; init; }

    /// <summary>Which layer of the text encoder from the end: 1 is the last, 2 the last but one; 0 takes the model's.</summary>
    public int ClipSkip { get; init; }

    /// <summary>Which generator draws the noise.</summary>
    public NoiseKind Rng { get; init; }

    /// <summary>A picture to start from.</summary>
    public Image? InitImage { get; init; }

    /// <summary>What of <see cref="InitImage"/> to repaint: white; black is kept.</summary>
    public Image? Mask { get; init; }

    /// <summary>The part of the schedule that is run on <see cref="InitImage"/>, above 0 to 1.</summary>
    public double Strength { get; init; } = 0.75;
}
