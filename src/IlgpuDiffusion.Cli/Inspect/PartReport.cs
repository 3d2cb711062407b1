using IlgpuDiffusion.Families;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Cli;

/// <summary>The tensors of one file or component, counted.</summary>
internal sealed record PartReport(string Name, string Kind, ModelIdentity? Identity, IReadOnlyList<string> Tensors, int Count, long Parameters, long Bytes, string Types)
{
    /// <summary>A component with no weights, such as a tokenizer.</summary>
    public static PartReport WithoutWeights(string name, string kind) => new(name, kind, null, [], 0, 0, 0, string.Empty);

    public static PartReport Of(string name, string? kind, IReadOnlyCollection<WeightTensor> tensors)
    {
        ModelIdentity identity = ModelIdentifier.Identify(tensors);
        string types = string.Join(", ", tensors.GroupBy(t => t.StoredAs).OrderByDescending(g => g.Sum(t => t.StoredBytes)).Select(g => tensors.All(t => t.StoredAs == g.Key) ? g.Key : $"{g.Key} ({g.Count()})"));
        return new PartReport(name, kind ?? identity.Part, identity, [.. tensors.OrderBy(t => t.Name, StringComparer.Ordinal).Select(t => t.ToString())], tensors.Count, tensors.Sum(t => t.Count), tensors.Sum(t => t.StoredBytes), types);
    }
}
