using IlgpuDiffusion.Components;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>Opens a tiny decoder for a model: a folder in diffusers' layout, or a .safetensors file of diffusers' or TAESD's own names.</summary>
internal static class TinyFile
{
    /// <summary>The option that gives it.</summary>
    public const string Option = "taesd";

    /// <summary>What names of its tensors may begin with in a file.</summary>
    public static IReadOnlyList<string> Prefixes { get; } = ["", "taesd_decoder.", "decoder."];

    private const string ClassName = "AutoencoderTiny";

    /// <exception cref="ModelFileException">It is not there, no tiny decoder, or one for other latents.</exception>
    public static TinyPart Open(string path, ModelParts parts)
    {
        CheckpointPart part = new(Option, "tiny decoder", TinyKeys.Kind, Prefixes);
        (ComponentConfig config, Func<WeightStore> open) = Directory.Exists(path) ? (Config(path), () => WeightStore.Open(path)) : LonePart.InFile(path, part, $"--{Option} '{path}'");
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

        return LonePart.Open(config, open, model.Check, weights => new TinyPart(model, weights));
    }

    private static ComponentConfig Config(string folder)
    {
        string file = Path.Combine(folder, "config.json");
        return File.Exists(file) ? ComponentConfig.Read(file) : throw LonePart.NoFolder(folder, "tiny decoder");
    }
}
