using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Passes;

/// <summary>A 3×3 convolution of a doubled picture may be computed as four 2×2 convolutions of the picture, one for each phase of the output.</summary>
internal sealed class UpsamplePhasesPass : Rewriter
{
    public override string Name => "upsample-phases";

    protected override Value Rewrite(Node node, Value[] inputs)
    {
        if (node.Op is not Conv2d { Phases: false } conv || !conv.HasPhases(inputs[0].Shape, inputs[1].Shape))
        {
            return base.Rewrite(node, inputs);
        }

        Taken++;
        return Target.Apply(conv with { Phases = true }, inputs, node.Path);
    }
}
