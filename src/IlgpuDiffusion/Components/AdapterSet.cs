using IlgpuDiffusion.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Components;

/// <summary>What a request changes in the networks of a model.</summary>
/// <param name="Changes">The changes of each network, by its weights.</param>
internal sealed record AdapterSet(IReadOnlyDictionary<WeightStore, WeightChanges> Changes)
{
    /// <summary>Nothing.</summary>
    public static AdapterSet None { get; } = new(new Dictionary<WeightStore, WeightChanges>());

    /// <summary>The changes of a network.</summary>
    public WeightChanges Of(WeightStore weights) => Changes.GetValueOrDefault(weights, WeightChanges.None);
}
