using IlgpuDiffusion.Components;

namespace IlgpuDiffusion.Families;

/// <summary>The components of a model on a device.</summary>
internal sealed class ModelComponents : IDisposable
{
    /// <param name="parts">The opened model.</param>
    /// <param name="runner">Device and lane.</param>
    /// <param name="loras">Where LoRAs that prompts name are looked for, or null.</param>
    /// <param name="embeddings">Where embeddings that prompts name are looked for, or null.</param>
    /// <param name="variant">Which variant of weight files is read, or null.</param>
    public ModelComponents(ModelParts parts, ComponentRunner runner, string? loras = null, string? embeddings = null, string? variant = null)
    {
        (Parts, Runner) = (parts, runner);
        Conditioner = parts.Conditioner(runner);
        Denoiser = new Denoiser(parts.Network, parts.Vae.Config.LatentChannels, parts.NetworkWeights, runner);
        Adapters = new AdapterLibrary(parts, loras, embeddings);
        Controls = new ControlLibrary(parts, variant);
        Refiner = parts.Refiner is { } refiner ? new ModelComponents(refiner, runner) : null;
        Codec = new LatentCodec(parts.Vae, parts.VaeWeights, parts.Family.VaeTypes, runner, parts.Tiny is { } tiny ? new TinyDecoder(tiny, runner) : null);
    }

    /// <summary>The opened model.</summary>
    public ModelParts Parts { get; }

    /// <summary>Device and lane.</summary>
    public ComponentRunner Runner { get; }

    /// <summary>Prompts to the denoiser's inputs.</summary>
    public IConditioner Conditioner { get; }

    /// <summary>Latents to clean latents.</summary>
    public Denoiser Denoiser { get; }

    /// <summary>LoRAs and embeddings that requests use; the owner of the parts closes their files too.</summary>
    public AdapterLibrary Adapters { get; }

    /// <summary>ControlNets that requests use; closed as <see cref="Adapters"/> are.</summary>
    public ControlLibrary Controls { get; }

    /// <summary>A model that takes over on the way; null for none.</summary>
    public ModelComponents? Refiner { get; }

    /// <summary>Pictures to latents and back.</summary>
    public LatentCodec Codec { get; }

    /// <summary>Gives back what the device holds of their weights, before they are closed.</summary>
    public void Dispose()
    {
        Conditioner.Dispose();
        Denoiser.Dispose();
        Codec.Dispose();
        Codec.Tiny?.Dispose();
        Refiner?.Dispose();
    }
}
