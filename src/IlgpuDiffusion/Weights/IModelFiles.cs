namespace IlgpuDiffusion.Weights;

/// <summary>The files of a model by the names of its components in diffusers (<c>unet</c>, <c>vae</c>, <c>text_encoder</c>, <c>tokenizer</c>, <c>scheduler</c> …).</summary>
internal interface IModelFiles
{
    /// <summary>The folder or file.</summary>
    string Path { get; }

    /// <summary>What the model says of itself (model_index.json); empty where there is no such file.</summary>
    ComponentConfig Index { get; }

    /// <summary>Whether the model has the component.</summary>
    bool Has(string component);

    /// <summary>A component's configuration.</summary>
    /// <exception cref="ModelFileException">The model lacks the component, or its configuration is damaged.</exception>
    ComponentConfig Config(string component);

    /// <summary>A component's configuration where a file says it, rather than the shapes of its tensors; else null.</summary>
    ComponentConfig? Stated(string component);

    /// <summary>The file that a component's configuration was read from, for errors.</summary>
    string ConfigFile(string component);

    /// <summary>The scheduler's configuration as JSON, or null where the model has none.</summary>
    string? Scheduler();

    /// <summary>The folder of a tokenizer, or null where the model has none and its family's own is meant.</summary>
    string? Tokenizer(string component);

    /// <summary>Opens a component's weights under diffusers' names.</summary>
    /// <exception cref="ModelFileException">The model lacks the component, or a file is damaged.</exception>
    WeightStore Weights(string component, WeightOptions? options = null);
}
