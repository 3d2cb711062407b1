using System.Text.Json.Nodes;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>One network out of a file.</summary>
internal static class PartFile
{
    /// <summary>Its configuration as the shapes and the family say it, or null where the file lacks it.</summary>
    public static ComponentConfig? Config(CheckpointTensors tensors, CheckpointPart part, IEnumerable<string> prefixes)
    {
        if (tensors.Find(part.Kind, prefixes) is not { } found)
        {
            return null;
        }

        using MadeTensors made = new();
        JsonObject config = part.Kind.Config(new PartShapes(found.Layout.Canonical(ScaledWeights.Unscaled(found.Tensors, made), made)));
        part.Amend(config, tensors);
        return ComponentConfig.Parse(config.ToJsonString(), tensors.File);
    }

    /// <summary>Its weights under canonical names.</summary>
    public static WeightStore Weights(string path, CheckpointPart part, IEnumerable<string> prefixes, ComponentConfig config)
    {
        ITensorFile file = TensorFile.Open(path);
        MadeTensors made = new();
        try
        {
            FoundPart found = new CheckpointTensors(file).Find(part.Kind, prefixes) ?? throw new ModelFileException(path, $"'{path}' holds no {part.What} any more: it was changed while it was opened.");
            return WeightStore.PartOf(part.Component, file, [.. found.Layout.Canonical(ScaledWeights.Unscaled(found.Tensors, made), made).Where(tensor => !part.IsUnneeded(tensor.Name, config)), .. part.Adds(config, made)], made);
        }
        catch
        {
            made.Dispose();
            file.Dispose();
            throw;
        }
    }
}
