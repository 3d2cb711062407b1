using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>All facts of a model family that its files do not say. Nothing else branches on the family.</summary>
public sealed record Family
{
    /// <summary>Its name, as people write it.</summary>
    public required string Name { get; init; }

    /// <summary>Steps where the request does not say.</summary>
    public required int Steps { get; init; }

    /// <summary>The guidance scale where the request does not say.</summary>
    public required double CfgScale { get; init; }

    /// <summary>The part of the schedule that runs from a given picture where the request does not say.</summary>
    public required double Strength { get; init; }

    /// <summary>The sampler for models without a scheduler's configuration.</summary>
    public required string Sampler { get; init; }

    /// <summary>
    /// The text encoder's layer that conditions, counted from the last of the file, which is 1. Folders of the second generation
    /// leave out the layer that is not used, so it is 1 there too.
    /// </summary>
    public required int ClipSkip { get; init; }

    /// <summary>The types in which the autoencoder's activations fit; asked for another, it takes F32.</summary>
    public required IReadOnlyList<ElementType> VaeTypes { get; init; }

    /// <summary>The pipeline classes of model_index.json whose models are of this family.</summary>
    public required IReadOnlyList<string> PipelineClasses { get; init; }

    /// <summary>Every family that is supported.</summary>
    public static IReadOnlyList<Family> All { get; } = [StableDiffusion1.Facts, StableDiffusion2.Facts];

    /// <summary>The family of a model folder.</summary>
    /// <param name="folder">The folder, whose pipeline class must be supported.</param>
    /// <param name="unet">Its denoiser.</param>
    /// <exception cref="ModelFileException">The pipeline class is not supported.</exception>
    public static Family Of(ModelFolder folder, UNetConfig unet)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(unet);
        folder.RequirePipeline([.. All.SelectMany(f => f.PipelineClasses).Distinct()]);

        // The generations share their classes; the second was the first to project by matrices.
        return unet.LinearProjection ? StableDiffusion2.Facts : StableDiffusion1.Facts;
    }

    /// <summary>The height and width in pixels where the request does not say: what the denoiser was trained at.</summary>
    public static int DefaultSize(UNetConfig unet, VaeConfig vae)
    {
        ArgumentNullException.ThrowIfNull(unet);
        ArgumentNullException.ThrowIfNull(vae);
        return unet.SampleSize * vae.Factor;
    }

    /// <summary>What the denoiser takes beside noisy latents, by its channels.</summary>
    /// <exception cref="ModelFileException">They fit no known task.</exception>
    public static DenoiserTask TaskOf(UNetConfig unet, VaeConfig vae, string file)
    {
        ArgumentNullException.ThrowIfNull(unet);
        ArgumentNullException.ThrowIfNull(vae);
        return unet.InChannels == vae.LatentChannels ? DenoiserTask.TextToImage
            : unet.InChannels == 2 * vae.LatentChannels + 1 ? DenoiserTask.Inpainting
            : throw new ModelFileException(file, $"'{file}': a denoiser with {unet.InChannels} input channels ('in_channels') is not supported with {vae.LatentChannels} latent channels. Supported: {vae.LatentChannels} (text to picture), {2 * vae.LatentChannels + 1} (inpainting).");
    }
}

/// <summary>What a denoiser takes.</summary>
public enum DenoiserTask
{
    /// <summary>Latents alone.</summary>
    TextToImage,

    /// <summary>Latents, a mask (1 where the picture is painted anew), and the latents of the picture with that part grey, along the channels.</summary>
    Inpainting,
}
