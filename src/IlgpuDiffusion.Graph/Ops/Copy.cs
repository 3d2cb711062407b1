namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>The same tensor in a slot of its own, kept for later evaluations.</summary>
internal sealed record Copy(int Slot) : Op
{
    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 1);
        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.Copy(this, operands);
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.Copy"/>.</summary>
    Prepared Copy(Copy op, in Operands operands);
}
