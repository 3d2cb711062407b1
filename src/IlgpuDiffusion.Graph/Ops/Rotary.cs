namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>
/// Pairs of neighbouring channels turned by the angles of their grid point, alike in every head: x [B, H, W, heads·d], table [1, H, W, t] of <see cref="RotaryTable"/> → [B, H, W, heads·d].
/// Of a head's d channels the last t are turned (Su et al. 2021, arXiv:2104.09864).
/// </summary>
/// <param name="Heads">The heads.</param>
internal sealed record Rotary(int Heads) : Op
{
    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public override OperandRole Role(int input) => input == 0 ? OperandRole.Activation : OperandRole.Exact;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 2);
        (Shape x, Shape table) = (inputs[0].Shape, inputs[1].Shape);
        Require(Heads > 0 && x.Channels % Heads == 0, $"{x.Channels} channels do not divide into {Heads} heads.");
        Require(table.Batch == 1 && table.Height == x.Height && table.Width == x.Width && table.Channels % 2 == 0 && table.Channels <= x.Channels / Heads, $"the table {table} does not fit {x} of {Heads} heads.");
        RequireType(inputs, 1, "the table");
        return [Like(inputs[0], x)];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.Rotary(this, operands);
}

/// <summary><see cref="Rotary"/> on values.</summary>
internal static class RotaryValues
{
    extension(Value x)
    {
        /// <summary>These queries or keys turned by the places of their grid points.</summary>
        /// <param name="table">What they are turned by.</param>
        /// <param name="heads">The heads.</param>
        /// <param name="path">The layer.</param>
        public Value Rotary(RotaryTable table, int heads, string? path = null) => x.Graph.Apply(new Rotary(heads), [x, x.Graph.Apply(table, [], path)], path);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.Rotary"/>.</summary>
    Prepared Rotary(Rotary op, in Operands operands);
}
