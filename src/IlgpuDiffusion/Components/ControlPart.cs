using IlgpuDiffusion.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Components;

/// <summary>An opened ControlNet, which stands in the denoiser's graph.</summary>
/// <param name="name">What people call it.</param>
/// <param name="network">By what its weights are told from others in a graph: it holds the files' state.</param>
/// <param name="model">The network.</param>
/// <param name="weights">Its weights.</param>
internal sealed class ControlPart(string name, string network, ControlNetModel model, WeightStore weights) : IEquatable<ControlPart>, IDisposable
{
    /// <summary>What people call it.</summary>
    public string Name { get; } = name;

    /// <summary>By what its weights are told from others in a graph.</summary>
    public string Network { get; } = network;

    /// <summary>The network.</summary>
    public ControlNetModel Model { get; } = model;

    /// <summary>Its weights.</summary>
    public WeightStore Weights { get; } = weights;

    /// <inheritdoc/>
    public bool Equals(ControlPart? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    /// <inheritdoc/>
    public override int GetHashCode() => Network.GetHashCode(StringComparison.Ordinal);

    public void Dispose() => Weights.Dispose();
}

/// <summary>What a ControlNet is given in a run.</summary>
/// <param name="Part">The ControlNet.</param>
/// <param name="Strength">What its residuals are multiplied by.</param>
/// <param name="Hint">The picture, [H, W, 3] in [0, 1].</param>
internal sealed record ControlInput(ControlPart Part, double Strength, Lazy<float[]> Hint);
