using IlgpuDiffusion.Components;
using IlgpuDiffusion.Models;

namespace IlgpuDiffusion.Families;

/// <summary>The refiner of Stable Diffusion XL (Podell et al. 2023, section 2.5): trained on the last fifth of the noise, with the second text encoder alone and a score of beauty; it repaints pictures a little.</summary>
internal static class StableDiffusionXlRefiner
{
    public static Family Facts { get; } = StableDiffusionXl.Facts with
    {
        Name = "Stable Diffusion XL refiner",
        Is = files => files.Index.Flag("requires_aesthetics_score", false),
        Checkpoint = StableDiffusionXl.Facts.Checkpoint! with
        {
            Identities = [ModelIdentifier.SdxlRefiner],
            Parts =
            [
                .. StableDiffusionXl.Facts.Checkpoint!.Parts.Where(part => part.Component is "unet" or "vae"),
                new("text_encoder_2", "text encoder (OpenCLIP ViT-bigG)", PartKind.Clip, "conditioner.embedders.0.model.") { Option = "clip-g", Amend = (config, _) => config["hidden_act"] = "gelu" },
            ],
        },
        Open = (family, files, options) =>
        {
            bool zeros = files.Index.Flag("force_zeros_for_empty_prompt", false);
            return UNetFolder.Open(
                family, files, options, [new TextFolder("text encoder", "text_encoder_2", "tokenizer_2", Projects: true)],
                (texts, runner) => new SdxlConditioner(null, texts[0], zeros, runner), UNetAddition.SizesAndScore);
        },
    };
}
