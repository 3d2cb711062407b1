using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Passes;

/// <summary>An applied norm (and its SiLU) or a nearest-neighbour resize goes into the only matrix product that reads it, if the device absorbs it and no stage is left.</summary>
internal sealed class ProloguePass : Rewriter
{
    public override string Name => "prologues";

    protected override Value Rewrite(Node node, Value[] inputs)
    {
        Value? fused = node.Op switch
        {
            Unary { Function: Activation.Silu } when Front(node, inputs) is { Op: ScaleShift { Function: Activation.None } } norm => Take(new ScaleShift(Activation.Silu), norm.Inputs, norm.Path),
            Linear { Prologue: Prologue.None } linear => ForLinear(linear, node, inputs),
            Conv2d conv => ForConv(conv, node, inputs),
            _ => null,
        };

        return fused ?? base.Rewrite(node, inputs);
    }

    private Value? ForLinear(Linear linear, Node node, Value[] inputs) => Front(node, inputs) switch
    {
        { Op: ScaleShift { Function: Activation.None or Activation.Silu } norm } front when Device.Capabilities.Linear.HasFlag(Fusions.ScaleShift) =>
            Take(linear with { Prologue = Of(norm) }, [front.Inputs[0], inputs[1], front.Inputs[1], .. inputs[2..]], node.Path),
        { Op: NormalizeRows } front when front.Inputs[2].Shape.Batch == 1 && front.Inputs[3].Shape.Batch == 1 && Device.Capabilities.Linear.HasFlag(Fusions.LayerNorm) =>
            Take(linear with { Prologue = Prologue.LayerNorm }, [front.Inputs[0], inputs[1], .. front.Inputs[1..], .. inputs[2..]], node.Path),
        _ => null,
    };

    private Value? ForConv(Conv2d conv, Node node, Value[] inputs) => Front(node, inputs) switch
    {
        { Op: ScaleShift { Function: Activation.None or Activation.Silu } norm } front when conv.Prologue == Prologue.None && Device.Capabilities.Conv2d.HasFlag(Fusions.ScaleShift) =>
            Take(conv with { Prologue = Of(norm) }, [front.Inputs[0], inputs[1], front.Inputs[1], .. inputs[2..]], node.Path),
        { Op: Upsample up } front when conv.Resize == default && conv.Prologue == Prologue.None && Device.Capabilities.Conv2d.HasFlag(Fusions.Resize) =>
            Take(conv with { Resize = new Grid(up.Height, up.Width) }, [front.Inputs[0], .. inputs[1..]], node.Path),
        _ => null,
    };

    private static Prologue Of(ScaleShift norm) => norm.Function == Activation.Silu ? Prologue.ScaleShiftSilu : Prologue.ScaleShift;

    private Node? Front(Node node, Value[] inputs) => UsedOnce(node.Inputs[0]) && inputs[0].Producer.Stage == node.Stage ? inputs[0].Producer : null;

    private Value Take(Op op, Value[] inputs, string path)
    {
        Taken++;
        return Target.Apply(op, inputs, path);
    }
}
