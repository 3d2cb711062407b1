namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>Tensors laid end to end along one axis; the other sizes are equal. Along the width only where batch and height are 1 (weight rows).</summary>
internal sealed record Concat(Axis Axis) : Op
{
    /// <inheritdoc/>
    public override bool RowWise => Axis == Axis.Channels;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        Require(inputs.Length > 0, "needs an input.");
        Shape first = inputs[0].Shape;
        int total = 0;
        foreach (TensorType input in inputs)
        {
            Require(input.Shape.With(Axis, 1) == first.With(Axis, 1) && input.Type == inputs[0].Type, $"{inputs[0]} and {input} differ in more than the {Axis}.");
            Require(Axis != Axis.Width || input.Shape.Batch * input.Shape.Height == 1, $"along the width batch and height must be 1, not {input.Shape}.");
            total = checked(total + input.Shape.Size(Axis));
        }

        return [inputs[0] with { Shape = first.With(Axis, total) }];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.Concat(this, operands);
}

/// <summary><see cref="Concat"/> on values.</summary>
internal static class ConcatValues
{
    extension(Value x)
    {
        /// <summary>This and others laid end to end.</summary>
        public Value Concat(Axis axis, params ReadOnlySpan<Value> others) => x.Graph.Apply(new Concat(axis), [x, .. others]);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.Concat"/>.</summary>
    Prepared Concat(Concat op, in Operands operands);
}
