using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion;

/// <summary>What to make. What is null is taken from the model's family.</summary>
/// <example>
/// <code>
/// GenerationRequest request = new() { Prompt = "a lighthouse, (stormy sea:1.3)", NegativePrompt = "blurry", Width = 512, Height = 512, Sampler = "DPM++ 2M Karras", Seed = 7 };
/// GenerationRequest another = request with { InitImage = Image.Load("sketch.png"), Strength = 0.6 };
/// </code>
/// </example>
public sealed record GenerationRequest
{
    /// <summary>What the picture shows; weights as <c>(word:1.3)</c> and <c>[word]</c>, <c>BREAK</c> starts a new chunk; <c>[from:to:0.5]</c> and <c>[a|b]</c> change it from step to step.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>What it should not show; without effect where guidance is 1.</summary>
    public string NegativePrompt { get; init; } = "";

    /// <summary>LoRAs that change the model for this request, together; the prompt may name more (<see cref="PipelineOptions.LoraFolder"/>). The model stays loaded: changed weights alone are made anew.</summary>
    public IReadOnlyList<Lora> Loras { get; init; } = [];

    /// <summary>Files of learned embeddings (textual inversion), whose words the prompts may have; more may be in <see cref="PipelineOptions.EmbeddingFolder"/>.</summary>
    public IReadOnlyList<string> Embeddings { get; init; } = [];

    /// <summary>ControlNets whose pictures are followed, together: what they add is summed. They share the pipeline's device with the model, which stays loaded.</summary>
    public IReadOnlyList<ControlNet> ControlNets { get; init; } = [];

    /// <summary>Width in pixels, a multiple of 8.</summary>
    public int? Width { get; init; }

    /// <summary>Height in pixels, a multiple of 8.</summary>
    public int? Height { get; init; }

    /// <summary>Steps of the schedule, at least 1.</summary>
    public int? Steps { get; init; }

    /// <summary>Classifier-free guidance (Ho and Salimans 2022); 1 is none, and so is 0, and halves the work.</summary>
    public double? CfgScale { get; init; }

    /// <summary>
    /// Of a network that takes <see cref="CfgScale"/> as an input (FLUX.1 dev): classifier-free guidance beside it, with the negative prompt, as diffusers' <c>true_cfg_scale</c>. 1 is none; above it every evaluation has
    /// twice the work. Other networks refuse it: there <see cref="CfgScale"/> is that.
    /// </summary>
    public double TrueCfgScale { get; init; } = 1;

    /// <summary>Guidance rescale φ in [0, 1] (Lin et al. 2023, section 3.4).</summary>
    public double CfgRescale { get; init; }

    /// <summary>The first picture's seed, 0 to 2⁶⁴−1; null draws one at random. Picture i has seed + i.</summary>
    public ulong? Seed { get; init; }

    /// <summary>How many pictures, 1 to 64.</summary>
    public int BatchCount { get; init; } = 1;

    /// <summary>How many of the pictures are painted at one time: more take more memory, one is finished before the next begins. Null takes all. A picture does not depend on it.</summary>
    public int? BatchSize { get; init; }

    /// <summary>The sampler, by any of its names; null takes the model's.</summary>
    public string? Sampler { get; init; }

    /// <summary>The schedule of noise levels, by any of its names; null takes the model's.</summary>
    public string? Scheduler { get; init; }

    /// <summary>
    /// Where a model of flow matching (Stable Diffusion 3, FLUX.1) has its steps, diffusers' <c>shift</c>: σ ↦ s σ / (1 + (s − 1) σ), so a larger one spends more of them at much noise (Esser et al. 2024,
    /// arXiv:2403.03206, section 5.3.2). It takes the place of the model's, also of one that depends on the picture's size; null takes that. Other models refuse it.
    /// </summary>
    public double? Shift { get; init; }

    /// <summary>DDIM's η, or the share of ancestral noise; null takes the sampler's own.</summary>
    public double? Eta { get; init; }

    /// <summary>The text encoder's layer counted from the end, 1 being the last; 0 takes the model's.</summary>
    public int ClipSkip { get; init; }

    /// <summary>Whose random numbers start the picture.</summary>
    public NoiseKind Rng { get; init; } = NoiseKind.Cpu;

    /// <summary>A picture to start from.</summary>
    public Image? InitImage { get; init; }

    /// <summary>Which part of <see cref="InitImage"/> is repainted: white is.</summary>
    public Image? Mask { get; init; }

    /// <summary>
    /// How wide the border is, σ in pixels (0 to 64), over which repainted and kept pixels are blended with a mask; beyond it the kept ones are <see cref="InitImage"/>'s own.
    /// Null leaves them as the autoencoder gives them back.
    /// </summary>
    public int? MaskBlur { get; init; } = 4;

    /// <summary>How much of the schedule runs from <see cref="InitImage"/>, in (0, 1]; with a mask, 1 begins at noise alone.</summary>
    public double Strength { get; init; } = 0.75;

    /// <summary>Where the pipeline's refiner takes over, if it has one (<see cref="PipelineOptions.Refiner"/>): a fraction of the training's noise, as diffusers' <c>denoising_end</c>; 1 is never.</summary>
    public double RefinerStart { get; init; } = 0.8;

    /// <summary>What the refiner of Stable Diffusion XL is told of the picture's beauty, in the scores that it was trained with, of about 2 to 7 (diffusers' <c>aesthetic_score</c>). No other model is told.</summary>
    public double AestheticScore { get; init; } = 6;

    /// <summary>The same for what the picture should not be (diffusers' <c>negative_aesthetic_score</c>).</summary>
    public double NegativeAestheticScore { get; init; } = 2.5;

    /// <summary>
    /// What Stable Diffusion XL and its refiner are told that the picture's size was before it was cropped and resized (diffusers' <c>original_size</c>; Podell et al. 2023, section 2.2): a small one asks for a picture
    /// like those that were enlarged. Null tells the picture's own. Models that are told none refuse it, and those below.
    /// </summary>
    public PixelSize? OriginalSize { get; init; }

    /// <summary>Where they are told that its left upper corner was cut from (diffusers' <c>crops_coords_top_left</c>); null tells that nothing was cut off.</summary>
    public PixelOffset? CropsCoordsTopLeft { get; init; }

    /// <summary>What Stable Diffusion XL is told of the size that the picture has now (diffusers' <c>target_size</c>); null tells its own. The refiner is told its beauty instead.</summary>
    public PixelSize? TargetSize { get; init; }

    /// <summary><see cref="OriginalSize"/> beside the negative prompt; null for the same.</summary>
    public PixelSize? NegativeOriginalSize { get; init; }

    /// <summary><see cref="CropsCoordsTopLeft"/> beside the negative prompt; null for the same.</summary>
    public PixelOffset? NegativeCropsCoordsTopLeft { get; init; }

    /// <summary><see cref="TargetSize"/> beside the negative prompt; null for the same.</summary>
    public PixelSize? NegativeTargetSize { get; init; }

    /// <summary>What is done to compute less; null for nothing.</summary>
    public AccelerationPolicy? Policy { get; init; }

    /// <summary>
    /// Whether pictures are decoded in parts, which takes less memory and more work: true does so within what painting takes, false never,
    /// null where they would not fit the device's memory otherwise. Pictures are the same but for rounding.
    /// </summary>
    public bool? VaeTiling { get; init; }

    /// <summary>What the pipeline's tiny decoder is used for, where it has one (<see cref="PipelineOptions.Files"/>, <c>taesd</c>).</summary>
    public TinyDecoding TinyDecoder { get; init; } = TinyDecoding.All;

    /// <summary>What acceleration may cost or must gain; chooses <see cref="Policy"/>, which is then left null. Null for no budget.</summary>
    public AccelerationBudget? Budget { get; init; }

    /// <summary>Steps between previews in the event stream; 0 gives none.</summary>
    public int PreviewInterval { get; init; }
}
