namespace IlgpuDiffusion.Requests;

/// <summary>How a picture was made, as stable-diffusion-webui writes it into PNG files under <c>parameters</c>.</summary>
public sealed record GenerationMetadata
{
    /// <summary>The prompt, may have several lines.</summary>
    public string Prompt { get; init; } = string.Empty;

    /// <summary>The negative prompt.</summary>
    public string NegativePrompt { get; init; } = string.Empty;

    /// <summary>Steps of the schedule.</summary>
    public int? Steps { get; init; }

    /// <summary>The sampler's label, such as <c>DPM++ 2M</c>.</summary>
    public string? Sampler { get; init; }

    /// <summary>The schedule's label, such as <c>Karras</c>.</summary>
    public string? ScheduleType { get; init; }

    /// <summary>Guidance scale.</summary>
    public double? CfgScale { get; init; }

    /// <summary>The seed of this very picture.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Width in pixels.</summary>
    public int? Width { get; init; }

    /// <summary>Height in pixels.</summary>
    public int? Height { get; init; }

    /// <summary>The first digits of the model's hash.</summary>
    public string? ModelHash { get; init; }

    /// <summary>The model's name.</summary>
    public string? Model { get; init; }

    /// <summary>Which layer of the text encoder from the end; null means 1, the last.</summary>
    public int? ClipSkip { get; init; }

    /// <summary>The part of the schedule that image-to-image ran.</summary>
    public double? DenoisingStrength { get; init; }

    /// <summary>The first digits of the start picture's hash (<see cref="Imaging.ImageHash"/>); null without one.</summary>
    public string? InitImageHash { get; init; }

    /// <summary>The first digits of the mask's hash; null without one.</summary>
    public string? MaskHash { get; init; }

    /// <summary>How wide the border between repainted and kept pixels is blurred, in pixels; null where nothing was laid over.</summary>
    public int? MaskBlur { get; init; }

    /// <summary>Source of noise: <c>CPU</c>, <c>NV</c> or <c>GPU</c>; null means GPU in files of stable-diffusion-webui.</summary>
    public string? Rng { get; init; }

    /// <summary>Guidance beside that which the network takes as an input; null for none.</summary>
    public double? TrueCfgScale { get; init; }

    /// <summary>Guidance rescale (Lin et al. 2023, section 3.4).</summary>
    public double? CfgRescale { get; init; }

    /// <summary>Noise added at each step by DDIM and ancestral samplers.</summary>
    public double? Eta { get; init; }

    /// <summary>The shift of the noise levels in place of the model's; null for that.</summary>
    public double? Shift { get; init; }

    /// <summary>The size that the model was told the picture had; null for its own.</summary>
    public PixelSize? OriginalSize { get; init; }

    /// <summary>The crop that it was told of; null for none.</summary>
    public PixelOffset? CropsCoordsTopLeft { get; init; }

    /// <summary>The size that it was told to paint; null for the picture's own.</summary>
    public PixelSize? TargetSize { get; init; }

    /// <summary>The first of these beside the negative prompt; null for the same.</summary>
    public PixelSize? NegativeOriginalSize { get; init; }

    /// <summary>The second beside the negative prompt; null for the same.</summary>
    public PixelOffset? NegativeCropsCoordsTopLeft { get; init; }

    /// <summary>The third beside the negative prompt; null for the same.</summary>
    public PixelSize? NegativeTargetSize { get; init; }

    /// <summary>What decoded the picture in place of the model's autoencoder: <c>TAESD</c>; null for that.</summary>
    public string? VaeDecoder { get; init; }

    /// <summary>The type in which activations were stored, <c>f16</c> or <c>bf16</c>; null means f32 in this program's files.</summary>
    public string? Type { get; init; }

    /// <summary>The model that took over on the way; null for none.</summary>
    public string? Refiner { get; init; }

    /// <summary>Where it took over, a fraction.</summary>
    public double? RefinerStart { get; init; }

    /// <summary>The score of beauty that the refiner was told; null for 6.</summary>
    public double? AestheticScore { get; init; }

    /// <summary>The same for the negative prompt; null for 2.5.</summary>
    public double? NegativeAestheticScore { get; init; }

    /// <summary>The ControlNets, in their order.</summary>
    public IReadOnlyList<ControlNetMetadata> ControlNets { get; init; } = [];

    /// <summary>The acceleration policy, as JSON; null for none.</summary>
    public string? Policy { get; init; }

    /// <summary>The program's name and version.</summary>
    public string? Version { get; init; }

    /// <summary>Everything else, in file order; kept and written last.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Others { get; init; } = [];
}
