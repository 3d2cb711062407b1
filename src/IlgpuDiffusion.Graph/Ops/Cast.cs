namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>The same numbers in another element type (rounded to nearest even where narrower).</summary>
internal sealed record Cast(ElementType To) : Op
{
    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public override OperandRole Role(int input) => OperandRole.Free;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 1);
        Require(inputs[0].Layout is null, $"cannot cast the packed {inputs[0]}.");
        return [inputs[0] with { Type = To }];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.Cast(this, operands);
}

/// <summary><see cref="Cast"/> on values.</summary>
internal static class CastValues
{
    extension(Value x)
    {
        /// <summary>The same numbers in F32 whatever the storage type, and so all that is computed from them without a matrix product.</summary>
        public Value Precise() => x.Graph.Apply(new Cast(ElementType.F32), [x]);

        /// <summary>The same numbers in another element type.</summary>
        public Value Cast(ElementType to) => x.Type.Type == to ? x : x.Graph.Apply(new Cast(to), [x]);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.Cast"/>.</summary>
    Prepared Cast(Cast op, in Operands operands);
}
