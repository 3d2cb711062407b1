using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Passes;

/// <summary>Bias, row bias, activation, gate and residual go into the matrix product whose only reader they are, if the device absorbs them and no stage is left.</summary>
internal sealed class EpiloguePass : Rewriter
{
    public override string Name => "epilogues";

    protected override Value Rewrite(Node node, Value[] inputs)
    {
        Value? fused = node.Op switch
        {
            Binary { Kind: BinaryKind.Add } => Add(node, inputs, 0) ?? Add(node, inputs, 1),
            Unary unary => Absorb(node, inputs, 0, Fusions.Activation, e => e is { Activation: Activation.None, Gated: false, Residual: false } ? e with { Activation = unary.Function } : null),
            Gated gated => Absorb(node, inputs, 0, Fusions.Gate, e => e is { Activation: Activation.None, Gated: false, Residual: false } ? e with { Activation = gated.Function, Gated = true } : null),
            _ => null,
        };

        return fused ?? base.Rewrite(node, inputs);
    }

    private Value? Add(Node node, Value[] inputs, int product)
    {
        Value other = inputs[1 - product];
        if (inputs[product].Shape != node.Outputs[0].Shape || !other.Type.Type.IsFloat())
        {
            return null;
        }

        Shape shape = inputs[product].Shape;
        if (other.Stage == Stage.Load && other.Shape == Shape.Vector(shape.Channels))
        {
            return Absorb(node, inputs, product, Fusions.Bias, e => e is { Bias: false, RowBias: false, Activation: Activation.None, Gated: false, Residual: false } ? e with { Bias = true } : null, Exact(other));
        }

        if (other.Shape is { Tokens: 1 } row && row.Channels == shape.Channels && shape.Tokens > 1)
        {
            return Absorb(node, inputs, product, Fusions.RowBias, e => e is { RowBias: false, Activation: Activation.None, Gated: false, Residual: false } ? e with { RowBias = true } : null, Exact(other));
        }

        return other.Type != inputs[product].Type ? null : Absorb(node, inputs, product, Fusions.Residual, e => e.Residual ? null : e with { Residual = true }, other);
    }

    private Value? Absorb(Node node, Value[] inputs, int product, Fusions wanted, Func<Epilogue, Epilogue?> extend, Value? operand = null)
    {
        Node producer = inputs[product].Producer;
        if (!UsedOnce(node.Inputs[product]) || producer.Stage != node.Stage)
        {
            return null;
        }

        Op? fused = producer.Op switch
        {
            Linear linear when Device.Capabilities.Linear.HasFlag(wanted) && extend(linear.Epilogue) is { } e => linear with { Epilogue = e },
            Conv2d conv when Device.Capabilities.Conv2d.HasFlag(wanted) && extend(conv.Epilogue) is { } e => conv with { Epilogue = e },
            _ => null,
        };
        if (fused is null)
        {
            return null;
        }

        Taken++;
        return Target.Apply(fused, Insert(fused, producer.Inputs, wanted, operand), producer.Path);
    }

    // A product adds its biases in F32, so what was rounded for an addition in 16 bits goes in as it was before.
    private static Value Exact(Value bias) => (bias.Producer.Op is Cast ? bias.Producer.Inputs[0] : bias).Cast(ElementType.F32);

    // Operands stand in the fixed order of FusedOperands, whatever the order in which they were absorbed.
    private static Value[] Insert(Op fused, Value[] inputs, Fusions wanted, Value? operand)
    {
        if (operand is not { } value)
        {
            return inputs;
        }

        FusedOperands operands = fused is Linear linear ? linear.Operands : ((Conv2d)fused).Operands;
        int at = wanted switch
        {
            Fusions.Bias => operands.Bias,
            Fusions.RowBias => operands.RowBias,
            _ => operands.Residual,
        };
        return [.. inputs[..at], value, .. inputs[at..]];
    }
}
