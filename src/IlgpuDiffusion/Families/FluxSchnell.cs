using IlgpuDiffusion.Models;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Families;

/// <summary>FLUX.1 schnell, distilled to a few steps without guidance.</summary>
internal static class FluxSchnell
{
    private static readonly SchedulerConfig Trained = new() { Trained = new FlowNoise(), Prediction = Prediction.Flow };

    public static Family Facts { get; } = Flux.Facts with
    {
        Name = "FLUX.1 schnell",
        Steps = 4,
        CfgScale = 1,
        Checkpoint = Flux.Facts.Checkpoint! with { Identities = [ModelIdentifier.FluxSchnell] },
        Is = folder => !FluxConfig.Read(folder.Config("transformer")).Guidance,
        Open = (family, folder, options) => new TransformerFolder(family, folder, options).Open(FluxModel.Read, Trained, (parts, network) => Flux.Conditioner(parts, network, tokens: 256)),
    };
}
