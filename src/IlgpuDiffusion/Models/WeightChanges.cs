using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Models;

/// <summary>A change of low rank of a weight W [N, K…] (Hu et al. 2021, arXiv:2106.09685): W + factor · up · down.</summary>
/// <param name="Up">[N, r], under a name that no other file's has.</param>
/// <param name="Down">[K…, r], the other way round than files have it, likewise.</param>
/// <param name="Factor">The factor.</param>
internal sealed record WeightChange(WeightTensor Up, WeightTensor Down, double Factor);

/// <summary>
/// What is added to the weights of a network. Changed weights are load-stage values, computed on the device from the file's and the changes, and held by
/// <see cref="Graphs.Execution.Residency"/> under both: other changes make only the changed weights anew.
/// </summary>
internal sealed class WeightChanges : IEquatable<WeightChanges>
{
    private readonly string _identity;
    private readonly IReadOnlyDictionary<string, IReadOnlyList<WeightChange>> _changes;

    /// <param name="identity">Tells these changes from others.</param>
    /// <param name="changes">The changes of each tensor, by canonical name.</param>
    public WeightChanges(string identity, IReadOnlyDictionary<string, IReadOnlyList<WeightChange>> changes) => (_identity, _changes) = (identity, changes);

    /// <summary>No change.</summary>
    public static WeightChanges None { get; } = new(string.Empty, new Dictionary<string, IReadOnlyList<WeightChange>>());

    /// <summary>The tensors that they are computed from.</summary>
    public IEnumerable<WeightTensor> Tensors => _changes.Values.SelectMany(list => list).SelectMany(change => (WeightTensor[])[change.Up, change.Down]);

    /// <summary>The changes of each tensor, in the order of their names.</summary>
    public IEnumerable<(string Name, WeightChange Change)> All => _changes.OrderBy(pair => pair.Key, StringComparer.Ordinal).SelectMany(pair => pair.Value.Select(change => (pair.Key, change)));

    /// <summary>A tensor's value with its changes, in the type of the file's: [1, 1, N, K], or a kernel [N, I, kh, kw].</summary>
    public Value Apply(string name, Value weight)
    {
        if (!_changes.TryGetValue(name, out IReadOnlyList<WeightChange>? changes))
        {
            return weight;
        }

        Shape shape = weight.Shape;
        int outputs = shape is { Batch: 1, Height: 1 } ? shape.Width : shape.Batch;
        int inputs = (int)(shape.Count / outputs);
        Value sum = weight.Precise();
        foreach (WeightChange change in changes)
        {
            int rank = (int)(change.Up.Count / outputs);
            Value up = weight.Graph.Weight(change.Up.Name, new TensorType(Shape.Matrix(outputs, rank), change.Up.Type));
            Value down = weight.Graph.Weight(change.Down.Name, new TensorType(Shape.Matrix(inputs, rank), change.Down.Type));
            sum += up.Precise().Affine(change.Factor, 0).Linear(down).Reshape(shape);
        }

        // As wide as before; what has 8 bits would lose the change.
        ElementType type = weight.Type.Type;
        return type == ElementType.F32 ? sum : sum.Cast(type.IsStorage() ? type : ElementType.F16);
    }

    /// <inheritdoc/>
    public bool Equals(WeightChanges? other) => other?._identity == _identity;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as WeightChanges);

    /// <inheritdoc/>
    public override int GetHashCode() => _identity.GetHashCode(StringComparison.Ordinal);
}
