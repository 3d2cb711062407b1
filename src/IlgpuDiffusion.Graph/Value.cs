using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs;

/// <summary>A result of a node: symbolic, with shape, type, stage and path.</summary>
/// <param name="Graph">The graph it belongs to.</param>
/// <param name="Node">The node's id.</param>
/// <param name="Output">Which of the node's results.</param>
internal readonly record struct Value(Graph Graph, int Node, int Output = 0)
{
    /// <summary>The node that gives it.</summary>
    public Node Producer => Graph.Nodes[Node];

    /// <summary>Shape, element type and layout.</summary>
    public TensorType Type => Producer.Outputs[Output];

    /// <summary>The shape.</summary>
    public Shape Shape => Type.Shape;

    /// <summary>Values of one grid point.</summary>
    public int Channels => Shape.Channels;

    /// <summary>When it changes.</summary>
    public Stage Stage => Producer.Stage;

    /// <summary>The layer it was made for.</summary>
    public string Path => Producer.Path;

    /// <summary>Sum; sizes broadcast where equal or 1, batches in blocks.</summary>
    public static Value operator +(Value left, Value right) => left.Binary(BinaryKind.Add, right);

    /// <summary>Difference.</summary>
    public static Value operator -(Value left, Value right) => left.Binary(BinaryKind.Subtract, right);

    /// <summary>Elementwise product.</summary>
    public static Value operator *(Value left, Value right) => left.Binary(BinaryKind.Multiply, right);

    /// <summary>Quotient.</summary>
    public static Value operator /(Value left, Value right) => left.Binary(BinaryKind.Divide, right);

    /// <summary>Product with a constant.</summary>
    public static Value operator *(Value left, double right) => left.Affine(right, 0);

    /// <summary>Sum with a constant.</summary>
    public static Value operator +(Value left, double right) => left.Affine(1, right);

    /// <inheritdoc/>
    public override string ToString() => $"%{Node}{(Output == 0 ? "" : $".{Output}")} {Type} '{Path}'";
}
