using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion;

/// <summary>What a request that says nothing gets.</summary>
/// <param name="Size">Width and height in pixels: what the model was trained at.</param>
/// <param name="Steps">Steps of the schedule.</param>
/// <param name="CfgScale">Guidance.</param>
public sealed record FamilyDefaults(int Size, int Steps, double CfgScale)
{
    internal static FamilyDefaults Of(Pipelines.ModelParts parts) => new(parts.UNet.Config.SampleSize * parts.Vae.Config.Factor, 20, parts.UNet.Config.SampleSize < 64 ? 4.5 : 7);

    // A request that any model accepts, for preparing weights.
    internal GenerationRequest Request(Pipelines.ModelParts parts) => parts.InpaintingNetwork
        ? new GenerationRequest { InitImage = new Image(Size, Size), Mask = new Image(Size, Size), Strength = 1 }
        : new GenerationRequest();
}
