using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Passes;

/// <summary>Linear layers of one module on one input (queries, keys and values) become one product with stacked weights; the results are channel slices of it, so nothing is copied.</summary>
internal sealed class StackingPass : Rewriter
{
    private readonly Dictionary<int, List<Node>> _groupOf = [];

    public override string Name => "stacking";

    protected override void Begin(bool[] live)
    {
        _groupOf.Clear();
        Dictionary<(string Module, Op Op, Value X, ElementType Type), List<Node>> groups = [];
        foreach (Node node in Source.Nodes)
        {
            if (live[node.Id] && node.Op is Linear { Prologue: Prologue.None, Epilogue: { RowBias: false, Residual: false, Gated: false } } &&
                node.Inputs[1..].All(v => v.Stage == Stage.Load) && node.Stage != Stage.Load)
            {
                string module = node.Path.Contains('.') ? node.Path[..node.Path.LastIndexOf('.')] : "";
                (string, Op, Value, ElementType) key = (module, node.Op, node.Inputs[0], node.Inputs[1].Type.Type);
                groups.TryAdd(key, []);
                groups[key].Add(node);
            }
        }

        foreach (List<Node> group in groups.Values.Where(g => g.Count > 1))
        {
            group.ForEach(node => _groupOf[node.Id] = group);
        }
    }

    protected override Value Rewrite(Node node, Value[] inputs)
    {
        if (!_groupOf.TryGetValue(node.Id, out List<Node>? group))
        {
            return base.Rewrite(node, inputs);
        }

        Taken++;
        List<Value> operands = [inputs[0], Stack(group, 1, Axis.Width)];
        if (inputs.Length > 2)
        {
            operands.Add(Stack(group, 2, Axis.Channels));
        }

        // Hash-consing makes this the same node for every member of the group.
        Value stacked = Target.Apply(node.Op, operands.ToArray(), group[0].Path);
        int start = 0;
        foreach (Node member in group.TakeWhile(member => member != node))
        {
            start += member.Outputs[0].Shape.Channels;
        }

        return Target.Apply(new Slice(Axis.Channels, start, node.Outputs[0].Shape.Channels), [stacked], node.Path);
    }

    private Value Stack(List<Node> group, int operand, Axis axis)
    {
        Value[] parts = [.. group.Select(node => Map(node.Inputs[operand]))];
        return Target.Apply(new Concat(axis), parts, parts[0].Path);
    }
}
