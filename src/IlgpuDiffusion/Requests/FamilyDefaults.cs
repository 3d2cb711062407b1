using IlgpuDiffusion.Families;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Pipelines;

namespace IlgpuDiffusion;

/// <summary>What a request that says nothing gets.</summary>
/// <param name="Size">Width and height in pixels: what the model was trained at.</param>
/// <param name="Steps">Steps of the schedule.</param>
/// <param name="CfgScale">Guidance.</param>
public sealed record FamilyDefaults(int Size, int Steps, double CfgScale)
{
    internal static FamilyDefaults Of(ModelParts parts) => new(Family.DefaultSize(parts.UNet.Config, parts.Vae.Config), parts.Family.Steps, parts.Family.CfgScale);

    // A request that any model accepts, for preparing weights.
    internal GenerationRequest Request(ModelParts parts) => parts.InpaintingNetwork
        ? new GenerationRequest { InitImage = new Image(Size, Size), Mask = new Image(Size, Size), Strength = 1 }
        : new GenerationRequest();
}
