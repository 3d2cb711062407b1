using IlgpuDiffusion.Components;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion.Families;

/// <summary>FLUX.1 dev (Black Forest Labs 2024), which embeds the guidance scale, and what was trained from it.</summary>
internal static class Flux
{
    // What a model without a scheduler's configuration was trained with.
    private static readonly SchedulerConfig Trained = new() { Trained = new FlowNoise { Dynamic = true, Shift = 3 }, Prediction = Prediction.Flow };

    public static Family Facts { get; } = new()
    {
        Name = "FLUX.1 dev",
        Steps = 28,
        CfgScale = 3.5,
        Sampler = "Euler",
        ClipSkip = 1,
        Uncalibrated = Frontier.OfFlux,
        VaeTypes = [ElementType.F32, ElementType.BF16],
        PipelineClasses = ["FluxPipeline", "FluxImg2ImgPipeline", "FluxInpaintPipeline"],

        Checkpoint = new CheckpointLayout
        {
            Identities = [ModelIdentifier.FluxDev],
            Parts =
            [
                new("transformer", "transformer", PartKind.Flux, PartPrefixes.Denoiser),
                new("vae", "autoencoder", PartKind.Vae, PartPrefixes.Vae) { Option = "vae", Amend = (config, _) => { config["scaling_factor"] = 0.3611; config["shift_factor"] = 0.1159; } },
                new("text_encoder", "text encoder (CLIP ViT-L)", PartKind.Clip, PartPrefixes.ClipL) { Option = "clip-l", Amend = (config, _) => config["hidden_act"] = "quick_gelu" },
                new("text_encoder_2", "T5 text encoder (T5 v1.1 XXL)", PartKind.T5, PartPrefixes.T5) { Option = "t5xxl" },
            ],
        },

        // The reference's pipelines place the steps evenly from 1 to 1/n, whatever the file says.
        Corrected = config => config.Trained is FlowNoise flow ? config with { Trained = flow with { EndsAtStep = true } } : config,
        Open = (family, folder, options) => new TransformerFolder(family, folder, options).Open(FluxModel.Read, Trained, (parts, network) => Conditioner(parts, network, tokens: 512)),
    };

    /// <summary>Opens the text encoders.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="network">The network.</param>
    /// <param name="tokens">Tokens of a text, as the reference's pipeline fills it up or cuts it.</param>
    public static Func<ComponentRunner, IConditioner> Conditioner(TransformerFolder folder, IDenoiserNetwork network, int tokens)
    {
        FluxConfig config = ((FluxModel)network).Config;
        TextPart? clip = folder.Clip(new TextFolder("text encoder", "text_encoder", "tokenizer"));
        T5Part t5 = folder.T5(new TextFolder("T5 text encoder", "text_encoder_2", "tokenizer_2"), config.TextChannels)
            ?? throw folder.Lacking("the model has no T5 text encoder ('text_encoder_2'), without which FLUX.1 knows no prompt.", "text_encoder_2");
        return clip is not null && clip.Model.PooledChannels != config.PooledChannels
            ? throw folder.Apart($"the network takes pooled text of {config.PooledChannels} channels ('pooled_projection_dim') and the CLIP encoder gives {clip.Model.PooledChannels} ('hidden_size')")
            : runner => new FluxConditioner(clip, t5, tokens, config.PooledChannels, runner);
    }
}
