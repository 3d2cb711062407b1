using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Passes;

/// <summary>
/// A group norm's statistics come from sums that the convolutions leave which made its input, or the parts of its input, if the device leaves
/// any; else they read the input again.
/// </summary>
internal sealed class NormSumsPass : Rewriter
{
    private readonly Dictionary<int, int> _slots = [];
    private readonly Dictionary<int, Value[]> _parts = [];

    public override string Name => "norm-sums";

    protected override void Begin(bool[] live)
    {
        _slots.Clear();
        _parts.Clear();
        foreach (Node node in Source.Nodes)
        {
            if (!live[node.Id] || node.Op is not GroupNormStatistics)
            {
                continue;
            }

            Value x = node.Inputs[0];
            Value[] parts = x.Producer is { Op: Concat { Axis: Axis.Channels } } whole && whole.Stage == node.Stage ? whole.Inputs : [x];
            int[] slots = Array.ConvertAll(parts, part => part.Stage == node.Stage ? SlotsOf(part.Producer) : 0);
            if (slots.All(count => count > 0))
            {
                _parts[node.Id] = parts;
                for (int i = 0; i < parts.Length; i++)
                {
                    _slots[parts[i].Node] = slots[i];
                }
            }
        }
    }

    protected override Value Rewrite(Node node, Value[] inputs)
    {
        if (_slots.TryGetValue(node.Id, out int slots))
        {
            return Target.Apply((Conv2d)node.Op with { Sums = slots }, inputs, node.Path);
        }

        if (!_parts.TryGetValue(node.Id, out Value[]? parts))
        {
            return base.Rewrite(node, inputs);
        }

        Taken++;
        GroupNormStatistics norm = (GroupNormStatistics)node.Op;
        Value[] sums = Array.ConvertAll(parts, part => Map(part) with { Output = 1 });
        return Target.Apply(new GroupNormFromSums(norm.Groups, norm.Epsilon, node.Inputs[0].Shape.Tokens), [.. sums, .. inputs[1..]], node.Path);
    }

    private int SlotsOf(Node producer) => producer.Op is Conv2d { Sums: 0 } conv ? Device.Capabilities.SumSlots(conv, new Operands(producer.InputTypes(), producer.Outputs)) : 0;
}
