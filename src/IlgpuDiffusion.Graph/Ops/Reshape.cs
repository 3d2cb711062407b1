namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>The same numbers in the same order in another shape: x, not a slice, [B, H, W, C] → a shape of as many numbers.</summary>
internal sealed record Reshape(Shape To) : Op
{
    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 1);
        Require(inputs[0].Layout is null, $"cannot reshape the packed {inputs[0]}.");
        Require(inputs[0].Shape.Count == To.Count && To.Count <= int.MaxValue, $"{inputs[0].Shape} has not as many numbers as {To}.");
        return [Like(inputs[0], To)];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.Reshape(this, operands);
}

/// <summary><see cref="Reshape"/> on values.</summary>
internal static class ReshapeValues
{
    extension(Value x)
    {
        /// <summary>The same numbers in another shape.</summary>
        public Value Reshape(Shape shape) => x.Shape == shape ? x
            : x.Producer.Op is Slice ? throw new ShapeException($"A slice ({x.Shape}) cannot be reshaped: there may be gaps in it.")
            : x.Graph.Apply(new Reshape(shape), [x]);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.Reshape"/>.</summary>
    Prepared Reshape(Reshape op, in Operands operands);
}
