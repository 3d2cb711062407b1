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
        Open = Open,
    };

    private static ModelParts Open(Family family, ModelFolder folder, WeightOptions options)
    {
        bool zeros = folder.Index.Flag("force_zeros_for_empty_prompt", true);
        return UNetFolder.Open(
            family,
            folder,
            options,
            [new TextFolder("text encoder", "text_encoder", "tokenizer"), new TextFolder("second text encoder", "text_encoder_2", "tokenizer_2", Projects: true)],
            (texts, runner) => new SdxlConditioner(texts[0], texts[1], zeros, runner));
    }
}
