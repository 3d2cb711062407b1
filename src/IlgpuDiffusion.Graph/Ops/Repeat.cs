namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>The batch laid end to end several times: [B, H, W, C] → [T·B, H, W, C]. Branches of guidance are made so: all images unconditional, then all conditional.</summary>
/// <param name="Times">T.</param>
/// <param name="EachRow">Whether each row of the batch is repeated by itself, as rows broadcast.</param>
internal sealed record Repeat(int Times, bool EachRow = false) : Op
{
    /// <inheritdoc/>
    public override bool RowWise => EachRow;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 1);
        Require(Times > 0, $"cannot repeat {Times} times.");
        return [inputs[0] with { Shape = inputs[0].Shape with { Batch = checked(inputs[0].Shape.Batch * Times) } }];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.Repeat(this, operands);
}

/// <summary><see cref="Repeat"/> on values.</summary>
internal static class RepeatValues
{
    extension(Value x)
    {
        /// <summary>Each row of the batch several times.</summary>
        public Value RepeatEach(int times) => times == 1 ? x : x.Graph.Apply(new Repeat(times, EachRow: true), [x]);

        /// <summary>The batch laid end to end several times.</summary>
        public Value Repeat(int times) => times == 1 ? x : x.Graph.Apply(new Repeat(times), [x]);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.Repeat"/>.</summary>
    Prepared Repeat(Repeat op, in Operands operands);
}
