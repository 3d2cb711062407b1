using IlgpuDiffusion.Components;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>Stable Diffusion XL, its base model and what was trained from it (Podell et al. 2023, arXiv:2307.01952).</summary>
internal static class StableDiffusionXl
{
    public static Family Facts { get; } = new()
    {
        Name = "Stable Diffusion XL",
        Steps = 30,
        CfgScale = 5,
        Sampler = "Euler",
        ClipSkip = 2,

        // The published autoencoder's activations pass 65504.
        VaeTypes = [ElementType.F32, ElementType.BF16],
        PipelineClasses = ["StableDiffusionXLPipeline", "StableDiffusionXLImg2ImgPipeline", "StableDiffusionXLInpaintPipeline"],
        Checkpoint = new CheckpointLayout
        {
            Identities = [ModelIdentifier.Sdxl],
            Parts =
            [
                new("unet", "UNet", PartKind.UNet, PartPrefixes.Denoiser) { Amend = (config, file) => { UNetShape.HeadsOf(64, config); config["sample_size"] = 128; } },
                new("vae", "autoencoder", PartKind.Vae, PartPrefixes.Vae) { Option = "vae", Amend = (config, _) => config["scaling_factor"] = 0.13025 },
                new("text_encoder", "text encoder (CLIP ViT-L)", PartKind.Clip, "conditioner.embedders.0.transformer.") { Option = "clip-l", Amend = (config, _) => config["hidden_act"] = "quick_gelu" },
                new("text_encoder_2", "second text encoder (OpenCLIP ViT-bigG)", PartKind.Clip, "conditioner.embedders.1.model.") { Option = "clip-g", Amend = (config, _) => config["hidden_act"] = "gelu" },
            ],
            Scheduler = file => TrainedScheduler.Of(file.PredictsVelocity, file.Has("ztsnr")),
        },
        Open = Open,
    };

    private static ModelParts Open(Family family, IModelFiles files, WeightOptions options)
    {
        bool zeros = files.Index.Flag("force_zeros_for_empty_prompt", true);
        return UNetFolder.Open(
            family,
            files,
            options,
            [new TextFolder("text encoder", "text_encoder", "tokenizer"), new TextFolder("second text encoder", "text_encoder_2", "tokenizer_2", Projects: true)],
            (texts, runner) => new SdxlConditioner(texts[0], texts[1], zeros, runner));
    }
}
