using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>A model of which some networks are taken from files of their own.</summary>
internal sealed class SuppliedFiles : IModelFiles
{
    private readonly IModelFiles _model;
    private readonly Dictionary<string, Supplied> _supplied = new(StringComparer.Ordinal);

    private SuppliedFiles(IModelFiles model) => _model = model;

    /// <inheritdoc/>
    public string Path => _model.Path;

    /// <inheritdoc/>
    public ComponentConfig Index => _model.Index;

    /// <summary>A model with these networks of its family replaced or supplied; the model itself where there are none.</summary>
    /// <param name="model">The model.</param>
    /// <param name="family">Its family.</param>
    /// <param name="files">Files or component folders by option.</param>
    /// <exception cref="ModelFileException">The family has no such network, or a file does not hold it.</exception>
    public static IModelFiles Over(IModelFiles model, Family family, IReadOnlyDictionary<string, string> files)
    {
        if (files.Count == 0)
        {
            return model;
        }

        SuppliedFiles result = new(model);
        IReadOnlyList<CheckpointPart> parts = family.Checkpoint?.Parts ?? [];
        foreach ((string option, string path) in files)
        {
            CheckpointPart part = parts.FirstOrDefault(part => part.Option == option)
                ?? throw new ModelFileException(path, $"--{option} '{path}': {family.Name} ('{model.Path}') has no such part. It takes {string.Join(", ", parts.Where(p => p.Option is not null).Select(p => $"--{p.Option} ({p.What})"))}.");
            result._supplied.Add(part.Component, Open(part, path, option, model.Stated(part.Component)));
        }

        return result;
    }

    /// <inheritdoc/>
    public bool Has(string component) => _supplied.ContainsKey(component) || _model.Has(component);

    /// <inheritdoc/>
    public ComponentConfig Config(string component) => _supplied.TryGetValue(component, out Supplied? own) ? own.Config : _model.Config(component);

    /// <inheritdoc/>
    public ComponentConfig? Stated(string component) => _supplied.TryGetValue(component, out Supplied? own) ? own.Config : _model.Stated(component);

    /// <inheritdoc/>
    public string ConfigFile(string component) => _supplied.TryGetValue(component, out Supplied? own) ? own.Config.File : _model.ConfigFile(component);

    /// <inheritdoc/>
    public string? Scheduler() => _model.Scheduler();

    /// <inheritdoc/>
    public string? Tokenizer(string component) => _model.Tokenizer(component);

    /// <inheritdoc/>
    public WeightStore Weights(string component, WeightOptions? options = null) => _supplied.TryGetValue(component, out Supplied? own) ? own.Weights(options) : _model.Weights(component, options);

    private static Supplied Open(CheckpointPart part, string path, string option, ComponentConfig? stated)
    {
        if (Directory.Exists(path))
        {
            return new Supplied(ComponentConfig.Read(System.IO.Path.Combine(path, "config.json")), options => WeightStore.Open(path, options));
        }

        using ITensorFile file = TensorFile.Open(path);
        CheckpointTensors tensors = new(file);

        // A whole model holds it where its family puts it, a file of its own under any prefix.
        string[] prefixes = [.. part.Prefixes.Concat(Family.All.SelectMany(family => family.Checkpoint?.Parts ?? []).Where(other => other.Option == option).SelectMany(other => other.Prefixes)).Where(prefix => prefix.Length > 0).Distinct(), .. tensors.PrefixesOf(part.Kind)];
        ComponentConfig shaped = PartFile.Config(tensors, part, prefixes) ?? throw new ModelFileException(path, $"--{option} '{path}' holds no {part.What}. {ModelFile.Seen(tensors)}");
        ComponentConfig config = stated ?? shaped;
        return new Supplied(config, _ => PartFile.Weights(path, part, prefixes, config));
    }

    private sealed record Supplied(ComponentConfig Config, Func<WeightOptions?, WeightStore> Weights);
}
