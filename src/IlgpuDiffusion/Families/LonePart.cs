using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>A network that comes by itself beside a model, as a ControlNet and a tiny decoder do.</summary>
internal static class LonePart
{
    /// <summary>The configuration and the weights of the one that a file holds.</summary>
    /// <param name="path">The file.</param>
    /// <param name="part">What is looked for.</param>
    /// <param name="named">What messages call the file, with the option that gave it.</param>
    /// <exception cref="ModelFileException">The file cannot be read, or holds none.</exception>
    public static (ComponentConfig Config, Func<WeightStore> Open) InFile(string path, CheckpointPart part, string named)
    {
        using ITensorFile file = TensorFile.Open(path);
        CheckpointTensors tensors = new(file);
        ComponentConfig config = PartFile.Config(tensors, part, part.Prefixes) ?? throw new ModelFileException(path, $"{named} holds no {part.What}. {ModelFile.Seen(tensors)}");
        return (config, () => PartFile.Weights(path, part, part.Prefixes, config));
    }

    /// <summary>The error for a folder that is not one of such a network.</summary>
    public static ModelFileException NoFolder(string path, string what) => new(path, $"'{path}' holds no config.json, so it is no {what}'s folder. Give the folder that holds config.json and the weights, or a .safetensors file.");

    /// <summary>Opens its weights, holds them against the network, and makes the part of them, which takes them over.</summary>
    /// <exception cref="ModelFileException">They do not fit; they are closed then.</exception>
    public static T Open<T>(ComponentConfig config, Func<WeightStore> open, Action<WeightStore> check, Func<WeightStore, T> make)
    {
        WeightStore weights = open();
        try
        {
            UNetFolder.Fits(config.File, () => check(weights));
            return make(weights);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }
}
