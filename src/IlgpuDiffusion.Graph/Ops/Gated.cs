namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>value · activation(gate), the input's channels holding the values, then the gates: [B, H, W, 2C] → [B, H, W, C] (Shazeer 2020, GEGLU).</summary>
internal sealed record Gated(Activation Function) : Op
{
    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 1);
        Shape x = inputs[0].Shape;
        Require(x.Channels % 2 == 0, $"needs an even number of channels, not {x}.");
        return [Like(inputs[0], x with { Channels = x.Channels / 2 })];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.Gated(this, operands);
}

/// <summary><see cref="Gated"/> on values.</summary>
internal static class GatedValues
{
    extension(Value x)
    {
        /// <summary>value · activation(gate) of the two halves of the channels.</summary>
        public Value Gated(Activation function) => x.Graph.Apply(new Gated(function), [x]);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.Gated"/>.</summary>
    Prepared Gated(Gated op, in Operands operands);
}
