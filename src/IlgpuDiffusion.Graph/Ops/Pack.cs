namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>A weight in the layout that a device asked for.</summary>
internal sealed record Pack(WeightLayout Layout) : Op
{
    /// <inheritdoc/>
    public override OperandRole Role(int input) => OperandRole.Free;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 1);
        Require(inputs[0].Layout is null, $"{inputs[0]} is packed already.");
        return [inputs[0] with { Layout = Layout }];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.Pack(this, operands);
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.Pack"/>.</summary>
    Prepared Pack(Pack op, in Operands operands);
}
