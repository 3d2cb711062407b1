namespace IlgpuDiffusion.Families;

/// <summary>What names of a network's tensors begin with in one file with others, where several families agree.</summary>
internal static class PartPrefixes
{
    /// <summary>A denoiser: in a whole model, as inference programs name it, and by itself.</summary>
    public static IReadOnlyList<string> Denoiser { get; } = ["model.diffusion_model.", "diffusion_model.", ""];

    /// <summary>An autoencoder: in CompVis' and Stability's files, and in those that ComfyUI writes.</summary>
    public static IReadOnlyList<string> Vae { get; } = ["first_stage_model.", "vae."];

    /// <summary>CLIP ViT-L of Stable Diffusion 3 and FLUX.1.</summary>
    public static IReadOnlyList<string> ClipL { get; } = ["text_encoders.clip_l.transformer."];

    /// <summary>OpenCLIP ViT-bigG of Stable Diffusion 3.</summary>
    public static IReadOnlyList<string> ClipG { get; } = ["text_encoders.clip_g.transformer."];

    /// <summary>T5 of Stable Diffusion 3 and FLUX.1.</summary>
    public static IReadOnlyList<string> T5 { get; } = ["text_encoders.t5xxl.transformer."];
}
