using System.Diagnostics.CodeAnalysis;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs;

/// <summary>A hash-consed graph of ops. Nothing is computed while it is built.</summary>
internal sealed class Graph
{
    private readonly List<Node> _nodes = [];
    private readonly Dictionary<NodeKey, Node> _known = [];
    private readonly Dictionary<string, Value> _marks = [];

    /// <summary>All nodes; inputs come before what uses them.</summary>
    public IReadOnlyList<Node> Nodes => _nodes;

    /// <summary>Values that a model has named by their module's path, for taps and comparisons.</summary>
    public IReadOnlyDictionary<string, Value> Marks => _marks;

    /// <summary>A value from outside.</summary>
    /// <param name="name">Its name, unique in the graph.</param>
    /// <param name="type">Its type; of a schedule input the type of one row.</param>
    /// <param name="stage">When it changes.</param>
    public Value Input(string name, TensorType type, Stage stage)
    {
        foreach (Node node in _nodes)
        {
            if (node.Op is Input known && known.Name == name && (known.Type != type || known.Stage != stage))
            {
                throw new ArgumentException($"The graph has an input '{name}' of another type or stage: {known.Type}, {known.Stage}.", nameof(name));
            }
        }

        return Apply(new Input(name, type, stage), [], name);
    }

    /// <summary>A float input; see <see cref="Input(string, TensorType, Stage)"/>.</summary>
    public Value Input(string name, Shape shape, Stage stage) => Input(name, new TensorType(shape), stage);

    /// <summary>A tensor of the weight file.</summary>
    public Value Weight(string name, TensorType type, long? madeOf = null) => Apply(new Weight(name, type, madeOf), [], name);

    /// <summary>The node for an op on inputs: the known one if there is one.</summary>
    /// <param name="op">The op.</param>
    /// <param name="inputs">Values of this graph.</param>
    /// <param name="path">The layer, or null for that of the first input.</param>
    /// <returns>The first result.</returns>
    public Value Apply(Op op, ReadOnlySpan<Value> inputs, string? path = null)
    {
        ArgumentNullException.ThrowIfNull(op);
        NodeKey key = new(op, inputs.ToArray());
        if (_known.TryGetValue(key, out Node? known))
        {
            return new Value(this, known.Id);
        }

        path ??= inputs.Length > 0 ? inputs[0].Path : "";
        TensorType[] types = new TensorType[inputs.Length];
        Stage stage = (op as ISource)?.Stage ?? Stage.Load;
        for (int i = 0; i < inputs.Length; i++)
        {
            if (inputs[i].Graph != this)
            {
                throw new ArgumentException($"Input {i} of {op.Name} at '{path}' belongs to another graph.", nameof(inputs));
            }

            types[i] = inputs[i].Type;
            stage = inputs[i].Stage > stage ? inputs[i].Stage : stage;
        }

        TensorType[] outputs;
        try
        {
            outputs = op.Infer(types);
        }
        catch (ShapeException e)
        {
            throw new ShapeException($"At '{path}': {e.Message}", e);
        }

        foreach (TensorType output in outputs)
        {
            ShapeException.Require(output.Shape.Count is > 0 and < int.MaxValue, $"At '{path}': {op.Name} gives {output.Shape}; a value must hold between 1 and 2^31 - 1 elements.");
        }

        // What the schedule gives is kept for every evaluation: vectors are little, token by token it would be more than the rest of a run together.
        if (stage == Stage.Schedule && op is not ISource && Array.Exists(outputs, output => output.Shape.Tokens > 1))
        {
            stage = Stage.Evaluation;
        }

        Node node = new(this, _nodes.Count, op, key.Inputs, outputs, stage, path);
        _nodes.Add(node);
        _known.Add(key, node);
        return new Value(this, node.Id);
    }

    /// <summary>Names a value by its module's path; a later one of the same path replaces it.</summary>
    public Value Mark(string path, Value value)
    {
        _marks[path] = value;
        return value;
    }

    private readonly record struct NodeKey(Op Op, Value[] Inputs)
    {
        public bool Equals(NodeKey other) => Op.Equals(other.Op) && Inputs.AsSpan().SequenceEqual(other.Inputs);

        public override int GetHashCode()
        {
            HashCode hash = default;
            hash.Add(Op);
            foreach (Value input in Inputs)
            {
                hash.Add(input.Node);
                hash.Add(input.Output);
            }

            return hash.ToHashCode();
        }
    }
}

/// <summary>An op on its inputs.</summary>
[SuppressMessage("Design", "CA1819", Justification = "Nodes are immutable by convention; the arrays are read in inner loops of the passes.")]
internal sealed class Node(Graph graph, int id, Op op, Value[] inputs, TensorType[] outputs, Stage stage, string path)
{
    /// <summary>Its index in <see cref="Graph.Nodes"/>.</summary>
    public int Id { get; } = id;

    /// <summary>The op.</summary>
    public Op Op { get; } = op;

    /// <summary>The values it reads.</summary>
    public Value[] Inputs { get; } = inputs;

    /// <summary>The types of its results.</summary>
    public TensorType[] Outputs { get; } = outputs;

    /// <summary>When it changes.</summary>
    public Stage Stage { get; } = stage;

    /// <summary>The layer it was made for.</summary>
    public string Path { get; } = path;

    /// <summary>One of its results.</summary>
    public Value Result(int output = 0) => new(graph, Id, output);

    /// <summary>The types of the inputs.</summary>
    public TensorType[] InputTypes() => Array.ConvertAll(Inputs, v => v.Type);

    /// <inheritdoc/>
    public override string ToString() => $"%{Id} = {Op}({string.Join(", ", Inputs.Select(v => $"%{v.Node}"))}) : {string.Join(", ", Outputs)} {Stage} '{Path}'";
}
