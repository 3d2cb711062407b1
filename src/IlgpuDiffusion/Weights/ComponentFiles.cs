namespace IlgpuDiffusion.Weights;

/// <summary>The weight files of a component: one file, or the shards of an index.</summary>
internal sealed class ComponentFiles
{
    private static readonly string[] Stems = ["diffusion_pytorch_model", "model"];

    private readonly ShardIndex? _index;

    private ComponentFiles(IReadOnlyList<string> files, ShardIndex? index = null)
    {
        Files = files;
        _index = index;
    }

    /// <summary>Full paths, in order.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Finds the weights at a path, which is a file, an index or a component folder.</summary>
    public static ComponentFiles Resolve(string path, string? variant)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (File.Exists(path))
        {
            return path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? FromIndex(path) : new ComponentFiles([path]);
        }

        if (!Directory.Exists(path))
        {
            throw new ModelFileException(path, $"'{path}' does not exist.");
        }

        var names = Directory.EnumerateFiles(path).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal).ToArray();
        if (Choose(names, variant) is not { } name)
        {
            throw NotFound(path, names, variant);
        }

        var file = Path.Combine(path, name);
        return name.EndsWith(".json", StringComparison.Ordinal) ? FromIndex(file) : new ComponentFiles([file]);
    }

    /// <summary>Whether a component's folder has the variant.</summary>
    public static bool HasVariant(string folder, string variant) => Candidates(variant).Any(name => File.Exists(Path.Combine(folder, name)));

    /// <summary>Throws if a shard lacks a tensor that the index puts there.</summary>
    public void CheckShard(ITensorFile shard) => _index?.Check(shard);

    private static ComponentFiles FromIndex(string path)
    {
        var index = ShardIndex.Read(path);
        return new ComponentFiles(index.Files, index);
    }

    private static string? Choose(string[] names, string? variant)
    {
        if (Candidates(variant).FirstOrDefault(names.Contains) is { } exact)
        {
            return exact;
        }

        if (variant is not null)
        {
            return null;
        }

        // No plain file: fp16 if there, else a variant that is the only one.
        if (Candidates("fp16").FirstOrDefault(names.Contains) is { } half)
        {
            return half;
        }

        var variants = Variants(names);
        return variants.Count == 1 ? Candidates(variants[0]).First(names.Contains) : null;
    }

    /// <summary>The names that a component's weights may have, the preferred first. Shards are named by their index, whatever their spelling.</summary>
    private static IEnumerable<string> Candidates(string? variant) => variant is null
        ? Stems.SelectMany(s => new[] { $"{s}.safetensors", $"{s}.safetensors.index.json" })
        : Stems.SelectMany(s => new[] { $"{s}.{variant}.safetensors", $"{s}.safetensors.index.{variant}.json", $"{s}.{variant}.safetensors.index.json" });

    private static List<string> Variants(string[] names)
    {
        var variants = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            foreach (var stem in Stems)
            {
                foreach (var (start, end) in new[] { ($"{stem}.", ".safetensors"), ($"{stem}.safetensors.index.", ".json"), ($"{stem}.", ".safetensors.index.json") })
                {
                    if (name.StartsWith(start, StringComparison.Ordinal) && name.EndsWith(end, StringComparison.Ordinal) && name.Length > start.Length + end.Length)
                    {
                        var variant = name[start.Length..^end.Length];
                        if (!variant.Contains('.', StringComparison.Ordinal) && !variant.Contains("-of-", StringComparison.Ordinal))
                        {
                            variants.Add(variant);
                        }
                    }
                }
            }
        }

        return [.. variants];
    }

    private static ModelFileException NotFound(string folder, string[] names, string? variant)
    {
        var variants = Variants(names);
        var wanted = $"'{Stems[0]}.safetensors' or '{Stems[1]}.safetensors'";
        if (variant is not null && (variants.Count > 0 || Candidates(null).Any(names.Contains)))
        {
            var there = Candidates(null).Any(names.Contains) ? variants.Prepend("none (plain files)") : variants;
            return new(folder, $"'{folder}' holds no '{variant}' variant of its weights. There are: {string.Join(", ", there)}.");
        }

        if (variants.Count > 1)
        {
            return new(folder, $"'{folder}' holds several variants of its weights ({string.Join(", ", variants)}) and no plain file. Say which to use: --variant {variants[0]} (PipelineOptions.Variant).");
        }

        if (names.FirstOrDefault(n => n.Contains("-of-", StringComparison.Ordinal) && n.EndsWith(".safetensors", StringComparison.Ordinal)) is { } shard)
        {
            return new(folder, $"'{folder}' holds shards ('{shard}') without their index, such as '{Stems[0]}.safetensors.index.json'. Fetch the index file too.");
        }

        if (names.FirstOrDefault(ForeignFormats.LooksLikePickle) is { } pickle)
        {
            return ForeignFormats.Pickle(Path.Combine(folder, pickle));
        }

        return new(folder, $"'{folder}' holds no weights: {wanted}, a variant as 'model.fp16.safetensors', or shards with an index are expected.");
    }
}
