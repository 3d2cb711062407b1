using System.Collections.Concurrent;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Pipelines;

/// <summary>Tells a model, with what a request adds to its weights, from others, wherever their files lie.</summary>
internal sealed class ModelFingerprint(ModelParts parts)
{
    private readonly Lazy<string> _weights = new(() => WeightFingerprint.Of([parts.NetworkWeights, parts.VaeWeights, .. parts.TextWeights]));
    private readonly ConcurrentDictionary<WeightChanges, string> _adapters = new();

    /// <summary>The fingerprint of the weights, and after it that of the adapters, if there are any.</summary>
    public string Of(AdapterSet adapters) => adapters.Changes.Count == 0 ? _weights.Value : $"{_weights.Value} {_adapters.GetOrAdd(adapters.Changes.First().Value, _ => OfAdapters(adapters))}";

    // The changes of all networks are told by one identity.
    private string OfAdapters(AdapterSet adapters)
    {
        using WeightFingerprint fingerprint = new();
        foreach ((WeightStore network, int number) in ((IEnumerable<WeightStore>)[parts.NetworkWeights, .. parts.TextWeights]).Select((network, number) => (network, number)))
        {
            foreach ((string name, WeightChange change) in adapters.Of(network).All)
            {
                fingerprint.Add($"{number} {name} up", change.Up, change.Factor);
                fingerprint.Add($"{number} {name} down", change.Down);
            }
        }

        return fingerprint.Text();
    }
}
