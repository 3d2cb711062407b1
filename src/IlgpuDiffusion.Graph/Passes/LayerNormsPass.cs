using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Passes;

/// <summary>A layer norm and its statistics become one op, where the device has one kernel for both.</summary>
internal sealed class LayerNormsPass : Rewriter
{
    public override string Name => "layer-norms";

    protected override Value Rewrite(Node node, Value[] inputs)
    {
        if (node.Op is not NormalizeRows || node.Inputs[1].Producer is not { Op: RowStatistics statistics } producer
            || producer.Inputs[0] != node.Inputs[0] || producer.Stage != node.Stage || !Device.Capabilities.LayerNorm(node.Inputs[0].Shape))
        {
            return base.Rewrite(node, inputs);
        }

        Taken++;
        return Target.Apply(new LayerNorm(statistics.Epsilon), [inputs[0], .. inputs[2..]], node.Path);
    }
}
