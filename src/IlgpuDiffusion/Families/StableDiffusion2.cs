using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;

namespace IlgpuDiffusion.Families;

/// <summary>Stable Diffusion 2.0 and 2.1: OpenCLIP's text encoder; sizes of 512 (ε) or 768 (v) as the files say.</summary>
internal static class StableDiffusion2
{
    public static Family Facts { get; } = StableDiffusion1.Facts with
    {
        Name = "Stable Diffusion 2.x",

        // The generations share their pipeline classes. OpenAI's CLIP has an activation of its own, OpenCLIP's models the usual one.
        Is = folder => ClipConfig.Read(folder.Config("text_encoder")).Activation != Activation.QuickGelu,
    };
}
