namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>
/// A bias of attention from one number for each head and distance: x F32 [1, 1, 2T − 1, heads] → [1, heads, T, T], with y[head, query, key] = x[key − query + T − 1, head]
/// (Raffel et al. 2020, arXiv:1910.10683, section 2.1).
/// </summary>
internal sealed record RelativeBias() : Op
{
    /// <inheritdoc/>
    public override OperandRole Role(int input) => OperandRole.Exact;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 1);
        Shape x = inputs[0].Shape;
        Require(x is { Batch: 1, Height: 1 } && x.Width % 2 == 1 && inputs[0].Type == ElementType.F32, $"takes F32 [1, 1, 2T - 1, heads], not {inputs[0]}.");
        int tokens = (x.Width + 1) / 2;
        return [new TensorType(new Shape(1, x.Channels, tokens, tokens))];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.RelativeBias(this, operands);
}

/// <summary><see cref="RelativeBias"/> on values.</summary>
internal static class RelativeBiasValues
{
    extension(Value x)
    {
        /// <summary>The bias [1, heads, T, T] of these numbers [1, 1, 2T − 1, heads], the distances from −(T − 1) on.</summary>
        public Value RelativeBias(string? path = null) => x.Graph.Apply(new RelativeBias(), [x], path);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.RelativeBias"/>.</summary>
    Prepared RelativeBias(RelativeBias op, in Operands operands);
}
