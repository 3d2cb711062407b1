using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>The tensors of one file.</summary>
internal sealed class CheckpointTensors
{
    private readonly Dictionary<string, WeightTensor> _tensors;

    public CheckpointTensors(ITensorFile file)
        : this(file.Path, file.Metadata, file.Tensors.Values)
    {
    }

    public CheckpointTensors(string file, IReadOnlyDictionary<string, string> metadata, IEnumerable<WeightTensor> tensors)
    {
        (File, Metadata) = (file, metadata);
        _tensors = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    /// <summary>The file.</summary>
    public string File { get; }

    /// <summary>The texts of its header.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Whether the network predicts v rather than ε.</summary>
    public bool PredictsVelocity { get; init; }

    /// <summary>All of them.</summary>
    public IEnumerable<WeightTensor> All => _tensors.Values;

    /// <summary>The same, with what the network predicts.</summary>
    public CheckpointTensors With(bool predictsVelocity) => new(File, Metadata, All) { PredictsVelocity = predictsVelocity };

    /// <summary>Whether there is a tensor of this name.</summary>
    public bool Has(string name) => _tensors.ContainsKey(name);

    /// <summary>A tensor, or null.</summary>
    public WeightTensor? Find(string name) => _tensors.GetValueOrDefault(name);

    /// <summary>A network; null where the file lacks it.</summary>
    public FoundPart? Find(PartKind kind, IEnumerable<string> prefixes)
    {
        foreach (string prefix in prefixes)
        {
            if (kind.Layouts.FirstOrDefault(layout => Has(prefix + layout.Sign)) is { } layout)
            {
                return new FoundPart(prefix, layout, [.. All.Where(tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal)).Select(tensor => prefix.Length == 0 ? tensor : tensor.Renamed(tensor.Name[prefix.Length..]))]);
            }
        }

        return null;
    }

    /// <summary>The prefixes under which the file holds networks of a kind.</summary>
    public IEnumerable<string> PrefixesOf(PartKind kind) => kind.Layouts.SelectMany(layout => All
        .Where(tensor => tensor.Name.EndsWith(layout.Sign, StringComparison.Ordinal))
        .Select(tensor => tensor.Name[..^layout.Sign.Length])
        .Where(prefix => prefix.Length == 0 || prefix[^1] == '.'));
}

/// <summary>A network in a file.</summary>
/// <param name="Prefix">What its tensors' names begin with.</param>
/// <param name="Layout">How they go on.</param>
/// <param name="Tensors">Its tensors, with names behind the prefix.</param>
internal sealed record FoundPart(string Prefix, PartLayout Layout, IReadOnlyList<WeightTensor> Tensors);
