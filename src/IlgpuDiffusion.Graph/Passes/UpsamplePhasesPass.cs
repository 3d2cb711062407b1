using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Passes;

/// <summary>A 3×3 convolution of a doubled picture is computed as four 2×2 convolutions of the picture, one for each phase of the output, where the device makes use of that.</summary>
/// <param name="winograd">Whether Winograd's tiles may be used as well, which can spare more than phases.</param>
internal sealed class UpsamplePhasesPass(bool winograd) : Rewriter
{
    public override string Name => "upsample-phases";

    protected override Value Rewrite(Node node, Value[] inputs)
    {
        if (node.Op is not Conv2d { Phases: false } conv || !conv.HasPhases(inputs[0].Shape, inputs[1].Shape) ||
            !Device.Capabilities.Used(conv with { Phases = true, Winograd = winograd }, new Operands(Array.ConvertAll(inputs, v => v.Type), node.Outputs)).Phases)
        {
            return base.Rewrite(node, inputs);
        }

        Taken++;
        return Target.Apply(conv with { Phases = true }, inputs, node.Path);
    }
}
