using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Passes;

/// <summary>3×3 convolutions of stride 1 are computed by Winograd's minimal filtering where the device makes use of that, which it decides by their shape.</summary>
internal sealed class WinogradPass : Rewriter
{
    public const string Title = "winograd";

    public override string Name => Title;

    protected override Value Rewrite(Node node, Value[] inputs)
    {
        if (node.Op is not Conv2d { Stride: 1, Winograd: false } conv || inputs[1].Shape is not { Width: 3, Channels: 3 } ||
            !Device.Capabilities.Used(conv with { Winograd = true }, new Operands(Array.ConvertAll(inputs, v => v.Type), node.Outputs)).Winograd)
        {
            return base.Rewrite(node, inputs);
        }

        Taken++;
        return Target.Apply(conv with { Winograd = true }, inputs, node.Path);
    }
}
