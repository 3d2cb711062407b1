namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>Mean and 1/√(var+ε) over the channels of each grid point: [B, H, W, C] → [B, H, W, 2].</summary>
internal sealed record RowStatistics(double Epsilon) : Op
{
    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 1);
        return [new TensorType(inputs[0].Shape with { Channels = 2 })];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.RowStatistics(this, operands);
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.RowStatistics"/>.</summary>
    Prepared RowStatistics(RowStatistics op, in Operands operands);
}
