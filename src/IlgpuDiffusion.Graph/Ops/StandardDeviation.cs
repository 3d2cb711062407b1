namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>The unbiased standard deviation of each image: [B, H, W, C] → [B, 1, 1, 1].</summary>
internal sealed record StandardDeviation() : Op
{
    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 1);
        return [new TensorType(new Shape(inputs[0].Shape.Batch, 1, 1, 1))];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.StandardDeviation(this, operands);
}

/// <summary><see cref="StandardDeviation"/> on values.</summary>
internal static class StandardDeviationValues
{
    extension(Value x)
    {
        /// <summary>The unbiased standard deviation of each image, [B, 1, 1, 1].</summary>
        public Value StandardDeviation() => x.Graph.Apply(new StandardDeviation(), [x]);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.StandardDeviation"/>.</summary>
    Prepared StandardDeviation(StandardDeviation op, in Operands operands);
}
