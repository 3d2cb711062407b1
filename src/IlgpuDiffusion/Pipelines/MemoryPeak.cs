using IlgpuDiffusion.Components;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion.Pipelines;

/// <summary>The most bytes that a request holds at one time: its components one after the other, as it runs them.</summary>
internal static class MemoryPeak
{
    /// <summary>What the runtime and the program itself take beside a request, about.</summary>
    public const long Program = 200L << 20;

    /// <summary>Of a request whose components are compiled.</summary>
    /// <param name="request">The request.</param>
    /// <param name="uses">What it runs of them, in order.</param>
    /// <param name="model">The model.</param>
    public static long Of(ResolvedRequest request, IReadOnlyList<ComponentUse> uses, ModelComponents model)
    {
        long latents = request.Latents(model.Parts.Vae.Config.LatentChannels).Count * sizeof(float) * (request.Program.Registers + request.Program.NoiseCount);
        long budget = model.Runner.Residency.Budget ?? long.MaxValue;
        (long peak, long weights) = (0, 0);

        // On a device it is all there from the start; of the host's memory a larger program takes new pages as it first writes them.
        long arena = model.Runner.Device.CopiesWeights ? uses.Max(use => use.Memory.Arena) : 0;
        foreach ((ComponentUse use, long atOnce) in uses.Zip(ComponentUse.HeldAtOnce(uses, inFiles: true)))
        {
            weights = request.HoldsOne ? atOnce : Math.Min(budget, weights + use.Held(inFiles: true));
            arena = Math.Max(arena, use.Memory.Arena);
            peak = Math.Max(peak, weights + arena + use.Memory.Run + use.Memory.Loading + latents);
        }

        return peak;
    }
}
