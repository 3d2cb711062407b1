using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Passes;

/// <summary>3×3 convolutions of stride 1 may be computed by Winograd's minimal filtering; whether one is, the device decides by its shape.</summary>
internal sealed class WinogradPass : Rewriter
{
    public override string Name => "winograd";

    protected override Value Rewrite(Node node, Value[] inputs)
    {
        if (node.Op is not Conv2d { Stride: 1, Winograd: false } conv || inputs[1].Shape is not { Width: 3, Channels: 3 })
        {
            return base.Rewrite(node, inputs);
        }

        Taken++;
        return Target.Apply(conv with { Winograd = true }, inputs, node.Path);
    }
}
