using IlgpuDiffusion.Components;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>Opens a tiny decoder for a model: a folder in diffusers' layout, or a .safetensors file of diffusers' or TAESD's own names.</summary>
internal static class TinyFile
{
    /// <summary>The option that gives it.</summary>
    public const string Option = "taesd";

    private const string ClassName = "AutoencoderTiny";

    /// <exception cref="ModelFileException">It is not there, no tiny decoder, or one for other latents.</exception>
    public static TinyPart Open(string path, ModelParts parts)
    {
        CheckpointPart part = new(Option, "tiny decoder", TinyKeys.Kind, "", "taesd_decoder.", "decoder.");
        (ComponentConfig config, Func<WeightStore> open) = Directory.Exists(path) ? (ComponentConfig.Read(Path.Combine(path, "config.json")), () => WeightStore.Open(path)) : Single(path, part);
        if (config.OptionalText("_class_name") is { } other && other != ClassName)
        {
            throw new ModelFileException(path, $"--{Option}: '{config.File}' is a {other}. Supported is {ClassName}.");
        }

        AutoencoderTiny model = new(TinyConfig.Read(config));
        VaeConfig vae = parts.Vae.Config;
        if ((model.Config.LatentChannels, model.Config.Factor, model.Config.OutChannels) != (vae.LatentChannels, vae.Factor, vae.OutChannels))
        {
            throw new ModelFileException(path, $"--{Option} '{path}' decodes latents of {model.Config.LatentChannels} channels to pictures {model.Config.Factor} times as large; those of '{parts.Name}' ({parts.Family.Name}) have {vae.LatentChannels} channels, and its pictures are {vae.Factor} times as large: it was made for another family.");
        }

        WeightStore weights = open();
        try
        {
            model.Check(weights);
            return new TinyPart(model, weights);
        }
        catch (Exception e) when (e is ShapeException or ArgumentException or OverflowException or InvalidOperationException)
        {
            weights.Dispose();
            throw new ModelFileException(config.File, $"'{config.File}': its numbers do not fit each other or the weights: {e.Message}", e);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    private static (ComponentConfig Config, Func<WeightStore> Open) Single(string path, CheckpointPart part)
    {
        using ITensorFile file = TensorFile.Open(path);
        CheckpointTensors tensors = new(file);
        ComponentConfig config = PartFile.Config(tensors, part, part.Prefixes) ?? throw new ModelFileException(path, $"--{Option} '{path}' holds no tiny decoder. {ModelFile.Seen(tensors)}");
        return (config, () => PartFile.Weights(path, part, part.Prefixes, config));
    }
}
