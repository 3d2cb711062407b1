using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>A model in one file: its family is told by the header, its configurations by the shapes of its tensors and what the family's published models have in common.</summary>
internal sealed class CheckpointFile : IModelFiles
{
    private readonly ModelFolder? _settings;
    private readonly CheckpointTensors _tensors;
    private readonly string? _scheduler;

    private CheckpointFile(CheckpointTensors tensors, Family family, ModelFolder? settings)
    {
        (_tensors, Family, _settings) = (tensors, family, settings);
        _scheduler = settings is null ? Layout.Scheduler?.Invoke(tensors).ToJsonString() : settings.Scheduler();
        Index = settings?.Index ?? ComponentConfig.Parse("{}", tensors.File);
    }

    /// <summary>The family that the file is of.</summary>
    public Family Family { get; }

    /// <inheritdoc/>
    public string Path => _tensors.File;

    /// <inheritdoc/>
    public ComponentConfig Index { get; }

    private CheckpointLayout Layout => Family.Checkpoint!;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How it is opened.</param>
    /// <exception cref="ModelFileException">It is no safetensors or GGUF file, or not of a family that is known; the message says what it is.</exception>
    public static CheckpointFile Open(string path, WeightOptions options)
    {
        using ITensorFile file = TensorFile.Open(path);
        CheckpointTensors tensors = new(file);
        ModelIdentity identity = ModelIdentifier.Identify(tensors.All);
        Family family = Family.All.FirstOrDefault(family => identity.HoldsDenoiser && family.Checkpoint?.Identities.Contains(identity.Family) == true) ?? throw ModelFile.NotAModel(path, tensors);
        tensors = tensors.With(options.PredictsVelocity ?? family.Checkpoint!.PredictsVelocity(tensors));
        return new CheckpointFile(tensors, family, options.Settings is null ? null : ModelFolder.Open(options.Settings));
    }

    /// <inheritdoc/>
    public bool Has(string component) => Layout.Parts.Any(part => part.Component == component && _tensors.Find(part.Kind, part.Prefixes) is not null);

    /// <inheritdoc/>
    public ComponentConfig Config(string component) => Stated(component) ?? PartFile.Config(_tensors, Part(component), Part(component).Prefixes) ?? throw Missing(component);

    /// <inheritdoc/>
    public ComponentConfig? Stated(string component) => _settings?.Config(component);

    /// <inheritdoc/>
    public string ConfigFile(string component) => _settings?.ConfigFile(component) ?? Path;

    /// <inheritdoc/>
    public string? Scheduler() => _scheduler;

    /// <inheritdoc/>
    public string? Tokenizer(string component) => _settings?.Tokenizer(component);

    /// <inheritdoc/>
    public WeightStore Weights(string component, WeightOptions? options = null) =>
        Has(component) ? PartFile.Weights(Path, Part(component), Part(component).Prefixes, Config(component)) : throw Missing(component);

    private CheckpointPart Part(string component) => Layout.Parts.First(part => part.Component == component);

    private ModelFileException Missing(string component)
    {
        CheckpointPart part = Part(component);
        string lacks = $"'{Path}' is {Family.Name} and holds no {part.What} (tensors '{part.Prefixes[0]}…').";
        return part.Option is { } option
            ? new MissingPartException(Path, $"{lacks} Give one with --{option} FILE, a .safetensors or .gguf file or a component's folder.")
            : new ModelFileException(Path, $"{lacks} It is not a whole model.");
    }
}
