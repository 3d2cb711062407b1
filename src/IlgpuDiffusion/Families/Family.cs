using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Tuning;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>All facts of a model family that its files do not say, and how it is opened. Nothing else branches on the family.</summary>
internal sealed record Family
{
    /// <summary>Its name, as people write it.</summary>
    public required string Name { get; init; }

    /// <summary>Steps where the request does not say.</summary>
    public required int Steps { get; init; }

    /// <summary>The guidance scale where the request does not say.</summary>
    public required double CfgScale { get; init; }

    /// <summary>The sampler for models that name none, or one that is not there.</summary>
    public required string Sampler { get; init; }

    /// <summary>
    /// The text encoders' layer that conditions where the request does not say, counted from the last of the file, which is 1. Folders of the second generation leave out
    /// the layer that is not used, so it is 1 there too.
    /// </summary>
    public required int ClipSkip { get; init; }

    /// <summary>The types in which the autoencoder's activations fit; asked for another, it takes F32.</summary>
    public required IReadOnlyList<ElementType> VaeTypes { get; init; }

    /// <summary>The pipeline classes of model_index.json whose models are of this family.</summary>
    public required IReadOnlyList<string> PipelineClasses { get; init; }

    /// <summary>Tells the family's folders from others of the same pipeline class.</summary>
    public Func<IModelFiles, bool> Is { get; init; } = _ => true;

    /// <summary>What the reference corrects in the scheduler's configuration of any such model.</summary>
    public Func<SchedulerConfig, SchedulerConfig> Corrected { get; init; } = config => config;

    /// <summary>How its models lie in one file, and which of their networks may be given by themselves; null where single files are not read.</summary>
    public CheckpointLayout? Checkpoint { get; init; }

    /// <summary>What its models go by that were not calibrated, when a budget is to be kept to.</summary>
    public Frontier Uncalibrated { get; init; } = Frontier.OfUNets;

    /// <summary>Opens a model of this family.</summary>
    public required Func<Family, IModelFiles, WeightOptions, ModelParts> Open { get; init; }

    /// <summary>Every family that is supported; of two that share a pipeline class, the one with a rule of its own first.</summary>
    public static IReadOnlyList<Family> All { get; } = [StableDiffusion2.Facts, StableDiffusion1.Facts, StableDiffusionXlRefiner.Facts, StableDiffusionXl.Facts, StableDiffusion35.Facts, StableDiffusion3.Facts, FluxSchnell.Facts, Flux.Facts];

    /// <summary>The family of a model folder.</summary>
    /// <exception cref="ModelFileException">The pipeline class is not supported.</exception>
    public static Family Of(ModelFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        folder.RequirePipeline([.. All.SelectMany(f => f.PipelineClasses).Distinct()]);
        return All.First(family => family.PipelineClasses.Contains(folder.PipelineClass) && family.Is(folder));
    }
}
