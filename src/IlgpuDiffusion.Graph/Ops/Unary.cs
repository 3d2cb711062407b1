namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>An activation of every element: [B, H, W, C] → [B, H, W, C].</summary>
internal sealed record Unary(Activation Function) : Op
{
    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 1);
        return [Like(inputs[0], inputs[0].Shape)];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.Unary(this, operands);
}

/// <summary>Activations on values.</summary>
internal static class UnaryValues
{
    extension(Value x)
    {
        /// <summary>x / (1 + exp(−x)).</summary>
        public Value Silu() => x.Activate(Activation.Silu);

        /// <summary>x · Φ(x).</summary>
        public Value Gelu() => x.Activate(Activation.Gelu);

        /// <summary>x / (1 + exp(−1.702 x)).</summary>
        public Value QuickGelu() => x.Activate(Activation.QuickGelu);

        /// <summary>The activation of every element.</summary>
        public Value Activate(Activation function) => function == Activation.None ? x : x.Graph.Apply(new Unary(function), [x]);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.Unary"/>.</summary>
    Prepared Unary(Unary op, in Operands operands);
}
