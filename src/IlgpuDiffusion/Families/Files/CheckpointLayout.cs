using System.Text.Json.Nodes;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>How a family's models lie in one file, as model sites share them.</summary>
internal sealed record CheckpointLayout
{
    /// <summary>The names by which <see cref="ModelIdentifier"/> calls the family's files.</summary>
    public required IReadOnlyList<string> Identities { get; init; }

    /// <summary>The networks of the family, the denoiser first.</summary>
    public required IReadOnlyList<CheckpointPart> Parts { get; init; }

    /// <summary>Whether a file's network predicts v, as far as the file tells; asked while the file is open.</summary>
    public Func<CheckpointTensors, bool> PredictsVelocity { get; init; } = file => TrainedScheduler.SaysVelocity(file) ?? false;

    /// <summary>What the scheduler's configuration of a folder would say; null where all of the family's models were trained as it says itself.</summary>
    public Func<CheckpointTensors, JsonObject>? Scheduler { get; init; }
}

/// <summary>A network of a family's models: where it is in one file, and how it is given by itself.</summary>
/// <param name="Component">Its name in diffusers.</param>
/// <param name="What">What people call it.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Prefixes">What its tensors' names may begin with in one file.</param>
internal sealed record CheckpointPart(string Component, string What, PartKind Kind, params IReadOnlyList<string> Prefixes)
{
    /// <summary>The option that gives it by itself; null for one that every file must hold.</summary>
    public string? Option { get; init; }

    /// <summary>Completes what shapes say of its configuration.</summary>
    public Action<JsonObject, CheckpointTensors> Amend { get; init; } = (_, _) => { };

    /// <summary>Tells tensors that such a file holds and this configuration does not want.</summary>
    public Func<string, ComponentConfig, bool> IsUnneeded { get; init; } = (_, _) => false;

    /// <summary>Tensors that such a file leaves out since they are the same in all models.</summary>
    public Func<ComponentConfig, MadeTensors, IEnumerable<WeightTensor>> Adds { get; init; } = (_, _) => [];
}
