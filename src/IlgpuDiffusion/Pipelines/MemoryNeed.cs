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

    /// <summary>What a request needs whose parts are compiled.</summary>
    /// <param name="request">The request.</param>
    /// <param name="parts">Its parts: text encoder, denoiser, decoder, and the encoder where a picture is given.</param>
    /// <param name="model">The model.</param>
    /// <param name="copiesWeights">Whether the device copies the weights that it reads as they are in the files.</param>
    public static MemoryNeed Of(ResolvedRequest request, RequestParts parts, ModelParts model, bool copiesWeights)
    {
        MemoryReport[] all = [.. parts.All];
        long latents = request.Latents(model.Vae.Config.LatentChannels).Count * sizeof(float);
        long loop = parts.Denoiser.Run + ((latents + Alignment) * (request.Program.Registers + request.Program.NoiseCount));

        // Beside the loop: the blend of inpainting (three latents and its input), a preview's decoder, the second picture of an inpainting network.
        loop += request.Request.Mask is null ? 0 : model.InpaintingNetwork ? parts.Encoder?.Run ?? 0 : 5 * (latents + Alignment);
        loop += request.Request.PreviewInterval > 0 ? parts.Decoder.Run : 0;
        return new MemoryNeed(
            all.Sum(report => report.Prepared + (copiesWeights ? report.Weights : 0)),
            all.Max(report => report.Arena),
            Math.Max(loop, all.Max(report => Math.Max(report.Run, report.Loading))));
    }

    // Blocks begin at multiples of this many bytes at most.
    private const long Alignment = 256;
}

/// <summary>The memory of the compiled parts of a request.</summary>
internal sealed record RequestParts(MemoryReport Text, MemoryReport? Encoder, MemoryReport Denoiser, MemoryReport Decoder)
{
    /// <summary>Those that are there.</summary>
    public IEnumerable<MemoryReport> All => Encoder is null ? [Text, Denoiser, Decoder] : [Text, Encoder, Denoiser, Decoder];
}
