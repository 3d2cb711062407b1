using System.Text.Json;

namespace IlgpuDiffusion.Weights;

/// <summary>A component that model_index.json names: <c>[library, class]</c>.</summary>
/// <param name="Name">Its name and folder, such as <c>unet</c>.</param>
/// <param name="Library">The Python library of its class.</param>
/// <param name="ClassName">Its class, such as <c>UNet2DConditionModel</c>.</param>
/// <param name="Folder">The full path of its folder.</param>
internal sealed record ModelComponent(string Name, string Library, string ClassName, string Folder);

/// <summary>A diffusers model folder: model_index.json, and a folder for each component.</summary>
internal sealed class ModelFolder : IModelFiles
{
    private const string IndexName = "model_index.json";

    private readonly Dictionary<string, ModelComponent> _components = new(StringComparer.Ordinal);

    private ModelFolder(string path, ComponentConfig index)
    {
        Path = path;
        Index = index;
        PipelineClass = index.OptionalText("_class_name") ?? throw new ModelFileException(index.File, $"'{index.File}' lacks '_class_name', so the kind of model is unknown.");
        foreach (var name in index.Names.Where(n => n[..Math.Min(1, n.Length)] != "_").ToArray())
        {
            // Other values, lists among them, are settings of the pipeline; [null, null] is a component that is left out.
            if (index.Raw(name) is { ValueKind: JsonValueKind.Array } pair && pair.GetArrayLength() == 2 && pair[1].ValueKind == JsonValueKind.String)
            {
                AddComponent(name, pair);
            }
        }
    }

    /// <summary>The folder's path.</summary>
    public string Path { get; }

    /// <summary>The pipeline's class, such as <c>StableDiffusionPipeline</c>.</summary>
    public string PipelineClass { get; }

    /// <summary>model_index.json itself, which also holds settings beside the components.</summary>
    public ComponentConfig Index { get; }

    /// <summary>The components by name, without those that are null.</summary>
    public IReadOnlyDictionary<string, ModelComponent> Components => _components;

    /// <summary>Opens a model folder and reads its index.</summary>
    public static ModelFolder Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (File.Exists(path))
        {
            throw new ModelFileException(path, $"'{path}' is a file. A model folder is wanted, which holds {IndexName}.");
        }

        if (!Directory.Exists(path))
        {
            throw new ModelFileException(path, $"The model folder '{path}' does not exist.");
        }

        var index = System.IO.Path.Combine(path, IndexName);
        return File.Exists(index) ? new ModelFolder(path, ComponentConfig.Read(index)) : throw NoIndex(path);
    }

    /// <summary>Throws, listing what is supported, unless the pipeline's class is one of these.</summary>
    public void RequirePipeline(params ReadOnlySpan<string> supported)
    {
        if (!supported.Contains(PipelineClass))
        {
            throw new ModelFileException(Index.File, $"'{Index.File}': the pipeline class '{PipelineClass}' is not supported. Supported: {string.Join(", ", supported.ToArray().Order(StringComparer.Ordinal))}.");
        }
    }

    /// <summary>Whether the model has the component.</summary>
    public bool Has(string component) => _components.ContainsKey(component);

    /// <summary>A component, whose folder is there.</summary>
    public ModelComponent Component(string name)
    {
        if (!_components.TryGetValue(name, out var component))
        {
            throw new ModelFileException(Index.File, $"'{Index.File}' names no component '{name}'. It names {string.Join(", ", _components.Keys.Order(StringComparer.Ordinal))}.");
        }

        return Directory.Exists(component.Folder)
            ? component
            : throw new ModelFileException(component.Folder, $"The folder '{component.Folder}' of the component '{name}' is missing; '{Index.File}' names it. Fetch it too.");
    }

    /// <summary>The full path of a file of a component, or null if it is not there.</summary>
    public string? FindFile(string component, string file)
    {
        var path = System.IO.Path.Combine(Component(component).Folder, file);
        return File.Exists(path) ? path : null;
    }

    /// <summary>The full path of a file of a component, which must be there.</summary>
    public string FileOf(string component, string file) =>
        FindFile(component, file) ?? throw new ModelFileException(Component(component).Folder, $"'{System.IO.Path.Combine(Component(component).Folder, file)}' is missing. Fetch it too.");

    /// <summary>A component's configuration: config.json, scheduler_config.json or tokenizer_config.json.</summary>
    public ComponentConfig Config(string component) => ComponentConfig.Read(ConfigFile(component));

    /// <inheritdoc/>
    public ComponentConfig? Stated(string component) => Has(component) ? Config(component) : null;

    /// <inheritdoc/>
    public string ConfigFile(string component) => FileOf(component, component.Split('_')[0] is var kind and ("scheduler" or "tokenizer") ? $"{kind}_config.json" : "config.json");

    /// <inheritdoc/>
    public string? Scheduler() => Has("scheduler") ? File.ReadAllText(ConfigFile("scheduler")) : null;

    /// <inheritdoc/>
    public string? Tokenizer(string component) => Has(component) ? Component(component).Folder : null;

    /// <summary>Opens a component's weights. A variant need not be there of every component: of those that lack it the plain files are read, as in diffusers.</summary>
    public WeightStore Weights(string component, WeightOptions? options = null)
    {
        string folder = Component(component).Folder;
        bool isElsewhere = options?.Variant is { } variant && !ComponentFiles.HasVariant(folder, variant) && _components.Values.Any(c => ComponentFiles.HasVariant(c.Folder, variant));
        return WeightStore.Open(folder, isElsewhere ? options! with { Variant = null } : options);
    }

    private static ModelFileException NoIndex(string path)
    {
        var entries = Directory.EnumerateFileSystemEntries(path).ToArray();
        if (entries.FirstOrDefault(e => File.Exists(System.IO.Path.Combine(e, IndexName))) is { } inner)
        {
            return new ModelFileException(path, $"'{path}' holds no {IndexName}. The model folder seems to be '{inner}' inside it.");
        }

        if (entries.Any(e => System.IO.Path.GetFileName(e) == "config.json"))
        {
            return new ModelFileException(path, $"'{path}' is the folder of one component (it holds config.json). Use the model folder above it, which holds {IndexName}.");
        }

        if (entries.FirstOrDefault(ForeignFormats.LooksLikePickle) is { } pickle)
        {
            return ForeignFormats.Pickle(pickle);
        }

        return new ModelFileException(path, $"'{path}' holds no {IndexName}, so it is not a diffusers model folder.");
    }

    private void AddComponent(string name, JsonElement pair)
    {
        if (name != System.IO.Path.GetFileName(name) || name.Contains('\\', StringComparison.Ordinal) || name is "." or "..")
        {
            throw new ModelFileException(Index.File, $"'{Index.File}': the component name '{name}' is not the plain name of a folder.");
        }

        var library = pair[0].ValueKind == JsonValueKind.String ? pair[0].GetString()! : string.Empty;
        _components.Add(name, new ModelComponent(name, library, pair[1].GetString()!, System.IO.Path.Combine(Path, name)));
    }
}
