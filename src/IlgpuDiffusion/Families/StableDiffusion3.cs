using IlgpuDiffusion.Components;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion.Families;

/// <summary>Stable Diffusion 3 medium (Esser et al. 2024, arXiv:2403.03206) and what was trained from it.</summary>
internal static class StableDiffusion3
{
    // What a model without a scheduler's configuration was trained with.
    private static readonly SchedulerConfig Trained = new() { Trained = new FlowNoise { Shift = 3 }, Prediction = Prediction.Flow };

    public static Family Facts { get; } = new()
    {
        Name = "Stable Diffusion 3",
        Steps = 28,
        CfgScale = 7,
        Sampler = "Euler",
        ClipSkip = 2,
        Uncalibrated = Frontier.OfStableDiffusion3,
        VaeTypes = [ElementType.F32, ElementType.BF16],
        PipelineClasses = ["StableDiffusion3Pipeline", "StableDiffusion3Img2ImgPipeline", "StableDiffusion3InpaintPipeline"],
        Checkpoint = new CheckpointLayout
        {
            Identities = [ModelIdentifier.Sd3],
            Parts =
            [
                new("transformer", "transformer", PartKind.Mmdit, PartPrefixes.Denoiser),
                new("vae", "autoencoder", PartKind.Vae, PartPrefixes.Vae) { Option = "vae", Amend = (config, _) => { config["scaling_factor"] = 1.5305; config["shift_factor"] = 0.0609; } },
                new("text_encoder", "text encoder (CLIP ViT-L)", PartKind.Clip, PartPrefixes.ClipL)
                {
                    Option = "clip-l",
                    Amend = (config, _) => { config["hidden_act"] = "quick_gelu"; config["projection_dim"] = config["hidden_size"]!.DeepClone(); },

                    // The network was trained with this encoder's pooled text as it is; folders have a projection that changes nothing.
                    IsUnneeded = (name, _) => name == Projection,
                    Adds = (config, made) => [made.Identity(Projection, config.Positive("hidden_size", 768), config.File)],
                },
                new("text_encoder_2", "second text encoder (OpenCLIP ViT-bigG)", PartKind.Clip, PartPrefixes.ClipG) { Option = "clip-g", Amend = (config, _) => config["hidden_act"] = "gelu" },
                new("text_encoder_3", "T5 text encoder (T5 v1.1 XXL)", PartKind.T5, PartPrefixes.T5) { Option = "t5xxl" },
            ],
        },
        Open = (family, folder, options) => new TransformerFolder(family, folder, options).Open(MmditModel.Read, Trained, Conditioner),
    };

    private const string Projection = "text_projection.weight";

    private static Func<ComponentRunner, IConditioner> Conditioner(TransformerFolder folder, IDenoiserNetwork network)
    {
        MmditConfig config = ((MmditModel)network).Config;
        TextPart? first = folder.Clip(new TextFolder("text encoder", "text_encoder", "tokenizer", Projects: true));
        TextPart? second = folder.Clip(new TextFolder("second text encoder", "text_encoder_2", "tokenizer_2", Projects: true));
        T5Part? third = folder.T5(new TextFolder("T5 text encoder", "text_encoder_3", "tokenizer_3"), config.TextChannels);
        TextPart[] clips = [.. new[] { first, second }.OfType<TextPart>()];
        int pooled = clips.Sum(clip => clip.Model.PooledChannels), states = clips.Sum(clip => clip.Model.Config.Channels);
        if (clips.Length == 2 ? pooled != config.PooledChannels : pooled >= config.PooledChannels)
        {
            throw folder.Apart($"the network takes pooled text of {config.PooledChannels} channels ('pooled_projection_dim') and the CLIP encoders give {pooled} ('projection_dim' of their configurations)");
        }

        return states > config.TextChannels ? throw folder.Apart($"the network takes text of {config.TextChannels} channels ('joint_attention_dim') and the CLIP encoders give {states} side by side ('hidden_size')")
            : clips.Length == 0 && third is null ? throw folder.Lacking("the model has no text encoder at all. It needs one of 'text_encoder', 'text_encoder_2' and 'text_encoder_3' at least.", "text_encoder", "text_encoder_2", "text_encoder_3")
            : runner => new Sd3Conditioner(first, second, third, config.TextChannels, config.PooledChannels, runner);
    }
}
