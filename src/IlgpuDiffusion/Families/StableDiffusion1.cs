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
        Strength = 0.75,
        Sampler = "DPM++ 2M",
        ClipSkip = 1,
        VaeTypes = [ElementType.F32, ElementType.F16, ElementType.BF16],
        PipelineClasses = ["StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline", "StableDiffusionInpaintPipeline"],
    };
}
