using IlgpuDiffusion.Components;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>The opened parts of a model: configurations and headers, no weight read.</summary>
internal sealed class ModelParts : IDisposable
{
    /// <summary>The family, whose facts are those that no file says.</summary>
    public required Family Family { get; init; }

    /// <summary>The model's name: its folder's or file's.</summary>
    public required string Name { get; init; }

    /// <summary>model_index.json, which also holds what the model says of itself.</summary>
    public required ComponentConfig Index { get; init; }

    /// <summary>The network that tells noise from picture.</summary>
    public required IDenoiserNetwork Network { get; init; }

    /// <summary>Its weights.</summary>
    public required WeightStore NetworkWeights { get; init; }

    /// <summary>The autoencoder.</summary>
    public required AutoencoderKl Vae { get; init; }

    /// <summary>Its weights.</summary>
    public required WeightStore VaeWeights { get; init; }

    /// <summary>A model that takes over on the way; null for none.</summary>
    public ModelParts? Refiner { get; private set; }

    /// <summary>A tiny decoder for previews and pictures; null for none.</summary>
    public TinyPart? Tiny { get; private set; }

    /// <summary>The weights of the text encoders, in the order of the conditioner.</summary>
    public required IReadOnlyList<WeightStore> TextWeights { get; init; }

    /// <summary>The number of each of <see cref="TextWeights"/> among its family's encoders, from 0, where some may be left out; null where all are there.</summary>
    public IReadOnlyList<int>? TextNumbers { get; init; }

    /// <summary>The width of CLIP's text encoders: the numbers of a token's vector.</summary>
    public IEnumerable<int> TextWidths => TextWeights.Select(TokenWidth).OfType<int>();

    /// <summary>How the model was trained, and the sampler that it asks for.</summary>
    public required SchedulerConfig Scheduler { get; init; }

    /// <summary>Makes the network's inputs of prompts, on a device.</summary>
    public required Func<ComponentRunner, IConditioner> Conditioner { get; init; }

    /// <summary>Whether the network was made for inpainting: it sees a mask and the visible part of the picture.</summary>
    public bool InpaintingNetwork => Network.InChannels > Vae.Config.LatentChannels;

    /// <summary>The weights of one of the family's text encoders, from 0; null where the model does without.</summary>
    public WeightStore? TextEncoder(int number) => TextNumbers is null ? TextWeights.ElementAtOrDefault(number) : TextWeights.Zip(TextNumbers).FirstOrDefault(text => text.Second == number).First;

    /// <summary>The width of a CLIP text encoder; null for others.</summary>
    internal static int? TokenWidth(WeightStore text) => (int?)text.Tensors.FirstOrDefault(tensor => tensor.Name.EndsWith("embeddings.token_embedding.weight", StringComparison.Ordinal))?.Shape[1];

    /// <summary>Opens a diffusers folder or a single file and checks that every tensor that its configurations need is there, and no other.</summary>
    /// <param name="path">The folder or file.</param>
    /// <param name="options">How its weights are opened.</param>
    /// <exception cref="ModelFileException">A file is missing, damaged or not supported; the message names it and says what to do.</exception>
    public static ModelParts Open(string path, WeightOptions options)
    {
        (IModelFiles files, Family family) = Files(path, options);
        Dictionary<string, string> supplied = new(options.Supplied);
        supplied.Remove(TinyFile.Option, out string? tiny);
        ModelParts parts = family.Open(family, SuppliedFiles.Over(files, family, supplied), options);
        try
        {
            parts.Refiner = options.Refiner is { } refiner ? OpenRefiner(refiner, parts, options) : null;
            parts.Tiny = tiny is null ? null : TinyFile.Open(tiny, parts);
            return parts;
        }
        catch
        {
            parts.Dispose();
            throw;
        }
    }

    private static ModelParts OpenRefiner(string path, ModelParts model, WeightOptions options)
    {
        ModelParts refiner = Open(path, new WeightOptions { Variant = options.Variant });
        bool alike = (refiner.Vae.Config.LatentChannels, refiner.Vae.Config.Factor, refiner.Vae.Config.Scale, refiner.Vae.Config.Shift) == (model.Vae.Config.LatentChannels, model.Vae.Config.Factor, model.Vae.Config.Scale, model.Vae.Config.Shift)
            && refiner.Scheduler.Prediction == model.Scheduler.Prediction && !refiner.InpaintingNetwork && refiner.Network.GridStep == model.Network.GridStep
            && refiner.Network.Inputs.Any(input => input.Name == NetworkInputs.Guidance) == model.Network.Inputs.Any(input => input.Name == NetworkInputs.Guidance);
        if (!alike)
        {
            refiner.Dispose();
            throw new ModelFileException(path, $"'{path}' ({refiner.Family.Name}) cannot take over from '{model.Name}' ({model.Family.Name}): its latents, or what it predicts, are others. Paint with one, and give the picture to the other as its start (--init-img).");
        }

        return refiner;
    }

    private static (IModelFiles Files, Family Family) Files(string path, WeightOptions options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (File.Exists(path))
        {
            CheckpointFile file = CheckpointFile.Open(path, options);
            return (file, file.Family);
        }

        ModelFolder folder = ModelFolder.Open(path);
        return (folder, Family.Of(folder));
    }

    public void Dispose()
    {
        NetworkWeights.Dispose();
        VaeWeights.Dispose();
        Tiny?.Weights.Dispose();
        Refiner?.Dispose();
        foreach (WeightStore text in TextWeights)
        {
            text.Dispose();
        }
    }
}
