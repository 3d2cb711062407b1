using IlgpuDiffusion.Components;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion.Pipelines;

/// <summary>The bytes of a device's memory that a request takes at most.</summary>
/// <param name="Weights">Weights of all parts, which stay.</param>
/// <param name="Arena">Activations of the largest program, which stay too.</param>
/// <param name="Runs">What is there for a while: a run's inputs and results with the sampler's latents and noise, or what preparing a weight takes.</param>
internal readonly record struct MemoryNeed(long Weights, long Arena, long Runs)
{
    /// <summary>All of it.</summary>
    public long Total => Weights + Arena + Runs;

    /// <summary>What a request needs whose components are compiled.</summary>
    /// <param name="request">The request.</param>
    /// <param name="uses">What it runs of them.</param>
    /// <param name="model">The model.</param>
    public static MemoryNeed Of(ResolvedRequest request, IReadOnlyList<ComponentUse> uses, ModelComponents model)
    {
        bool copies = model.Runner.Device.CopiesWeights;
        ModelParts parts = model.Parts;
        MemoryReport[] all = [.. uses.Select(use => use.Memory)];
        long latents = (request.Latents(parts.Vae.Config.LatentChannels).Count * sizeof(float)) + Alignment;
        long loop = uses.Where(use => use.InLoop).Sum(use => use.Memory.Run) + (latents * (request.Program.Registers + request.Program.NoiseCount));

        // Beside the loop: the blend of inpainting (three latents and its input).
        loop += request.Request.Mask is null || parts.InpaintingNetwork ? 0 : 5 * latents;
        return new MemoryNeed(
            Math.Min(request.HoldsOne ? ComponentUse.HeldAtOnce(uses, copies).Max() : uses.Sum(use => use.Held(copies)), model.Runner.Residency.Budget ?? long.MaxValue),
            all.Max(report => report.Arena),
            Math.Max(loop, all.Max(report => Math.Max(report.Run, report.Loading))));
    }

    // Blocks begin at multiples of this many bytes at most.
    private const long Alignment = 256;
}
