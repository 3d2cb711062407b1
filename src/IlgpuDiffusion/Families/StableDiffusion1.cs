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
        PipelineClasses = ["StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline", "StableDiffusionInpaintPipeline"],
        Corrected = OldConfigurations.Corrected,
        Open = (family, folder, options) => UNetFolder.Open(
            family, folder, options, [new TextFolder("text encoder", "text_encoder", "tokenizer")], (texts, runner) => new ClipConditioner(texts[0], runner)),
    };
}
