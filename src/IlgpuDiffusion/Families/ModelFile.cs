using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>Says of a file that was given for a model what it is.</summary>
internal static class ModelFile
{
    /// <summary>What a file's tensors are, as a sentence.</summary>
    public static string Seen(CheckpointTensors file)
    {
        ModelIdentity identity = ModelIdentifier.Identify(file.All);
        string[] names = [.. file.All.Select(tensor => tensor.Name).Order(StringComparer.Ordinal).Take(3)];
        return identity.Part == ModelIdentity.Unknown.Part
            ? $"It is nothing that is known: its {(file.Metadata.GetValueOrDefault("general.architecture") is { } architecture ? $"header says '{architecture}', and its " : "")}tensors are named {string.Join(", ", names.Select(name => $"'{name}'"))} …"
            : $"It is a {identity.Part}{(identity.Family is "unknown" or "any" ? string.Empty : $" of {identity.Family}")} ({identity.Reason}).";
    }

    /// <summary>The error for a file that is no model of a family that runs here, with the option that takes what it is.</summary>
    public static ModelFileException NotAModel(string path, CheckpointTensors tensors)
    {
        string? option = ModelIdentifier.Identify(tensors.All).Option;
        return new ModelFileException(path, $"'{path}' is not a model of a family that runs here as a single file. {Seen(tensors)} " + (option is null
            ? $"Single files of {string.Join(", ", Family.All.Where(family => family.Checkpoint is not null).Select(family => family.Name))} are read."
            : $"Give it beside a model, with --{option}."));
    }

    /// <summary>The options that give a denoiser's file the networks that it lacks, as people write them; empty for what is no denoiser of a family that runs here, and for a whole model.</summary>
    public static IReadOnlyList<string> Lacking(CheckpointTensors tensors)
    {
        ModelIdentity identity = ModelIdentifier.Identify(tensors.All);
        Family? family = Family.All.FirstOrDefault(family => identity.HoldsDenoiser && family.Checkpoint?.Identities.Contains(identity.Family) == true);
        return [.. (family?.Checkpoint!.Parts ?? []).Where(part => part.Option is not null && tensors.Find(part.Kind, part.Prefixes) is null).Select(part => $"--{part.Option} ({part.What})")];
    }
}
