namespace IlgpuDiffusion.Families;

/// <summary>Stable Diffusion 2.0 and 2.1: OpenCLIP's text encoder; sizes of 512 (ε) or 768 (v) as the files say.</summary>
internal static class StableDiffusion2
{
    public static Family Facts { get; } = StableDiffusion1.Facts with { Name = "Stable Diffusion 2.x" };
}
