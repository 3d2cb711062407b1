using IlgpuDiffusion.Components;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Families;

/// <summary>Stable Diffusion 1.1 to 1.5 and what was trained from them (Rombach et al. 2022).</summary>
internal static class StableDiffusion1
{
    public static Family Facts { get; } = new()
    {
        Name = "Stable Diffusion 1.x",
        Steps = 20,
        CfgScale = 7,
        Sampler = "DPM++ 2M",
        ClipSkip = 1,
        VaeTypes = [ElementType.F32, ElementType.F16, ElementType.BF16],
        PipelineClasses = ["StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline", "StableDiffusionInpaintPipeline", "LatentConsistencyModelPipeline", "LatentConsistencyModelImg2ImgPipeline"],
        Corrected = OldConfigurations.Corrected,
        Checkpoint = new CheckpointLayout
        {
            Identities = [ModelIdentifier.Sd1],
            Parts =
            [
                new("unet", "UNet", PartKind.UNet, PartPrefixes.Denoiser) { Amend = (config, _) => { config["attention_head_dim"] = 8; config["sample_size"] = 64; } },
                new("vae", "autoencoder", PartKind.Vae, PartPrefixes.Vae) { Option = "vae", Amend = (config, _) => config["scaling_factor"] = 0.18215 },
                new("text_encoder", "text encoder (CLIP ViT-L)", PartKind.Clip, "cond_stage_model.transformer.") { Option = "clip-l", Amend = (config, _) => config["hidden_act"] = "quick_gelu" },
            ],
            Scheduler = file => TrainedScheduler.Of(file.PredictsVelocity, file.Has("ztsnr")),
        },
        Open = (family, files, options) => UNetFolder.Open(
            family, files, options, [new TextFolder("text encoder", "text_encoder", "tokenizer")], (texts, runner) => new ClipConditioner(texts[0], runner)),
    };
}
