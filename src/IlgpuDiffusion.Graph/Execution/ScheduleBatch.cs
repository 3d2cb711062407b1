using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Execution;

/// <summary>The schedule stage of a graph, rebuilt so that one batch computes the rows of all evaluations.</summary>
internal sealed class ScheduleBatch
{
    private readonly Dictionary<Value, Value> _mapped = [];
    private readonly int _evaluations;

    public ScheduleBatch(Graph source, bool[] live, int evaluations)
    {
        _evaluations = evaluations;
        foreach (Node node in source.Nodes)
        {
            if (live[node.Id] && node.Stage == Stage.Schedule)
            {
                Add(source, node);
            }
        }
    }

    /// <summary>The batched graph.</summary>
    public Graph Graph { get; } = new();

    /// <summary>Request-stage values it reads: the source's value behind each of its inputs.</summary>
    public Dictionary<Value, Value> External { get; } = [];

    /// <summary>The batched value, [E·R, H, W, C], of a schedule-stage value [R, H, W, C].</summary>
    public Value Of(Value value) => _mapped[value];

    private void Add(Graph source, Node node)
    {
        Value batched;
        if (node.Op is Input input)
        {
            batched = Graph.Input(input.Name, input.Type with { Shape = Batched(input.Type.Shape) }, Stage.Schedule);
        }
        else
        {
            ShapeException.Require(node.Op.RowWise, $"At '{node.Path}': {node.Op.Name} in the schedule stage mixes rows, so it cannot run for all evaluations at once.");
            batched = Graph.Apply(node.Op, [.. node.Inputs.Select((input, i) => OfEach(node, i, Map(input)))], node.Path);
        }

        for (int i = 0; i < node.Outputs.Length; i++)
        {
            _mapped[new Value(source, node.Id, i)] = batched with { Output = i };
        }
    }

    // What a request has once stands in every evaluation's row, where an op does not broadcast it.
    private Value OfEach(Node node, int input, Value mapped) =>
        node.Inputs[input] is { Stage: Stage.Request, Shape.Batch: 1 } && node.Op is not Binary && node.Op.Role(input) == OperandRole.Activation && node.Outputs[0].Shape.Batch == 1 ? mapped.Repeat(_evaluations) : mapped;

    private Value Map(Value value)
    {
        if (_mapped.TryGetValue(value, out Value known))
        {
            return known;
        }

        Value mapped;
        if (value.Stage == Stage.Load)
        {
            Node node = value.Producer;
            mapped = Graph.Apply(node.Op, Array.ConvertAll(node.Inputs, Map), node.Path) with { Output = value.Output };
        }
        else
        {
            mapped = Graph.Input($"request:{value.Node}.{value.Output}", value.Type, Stage.Request);
            External[mapped] = value;
            // Evaluations are the outer index of the batch, so what differs by image is repeated for each.
            mapped = value.Shape.Batch > 1 ? mapped.Repeat(_evaluations) : mapped;
        }

        return _mapped[value] = mapped;
    }

    private Shape Batched(Shape shape) => shape with { Batch = checked(shape.Batch * _evaluations) };
}
