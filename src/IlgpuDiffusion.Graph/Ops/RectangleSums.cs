namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>
/// Σx and Σx² of each channel over a rectangle of the grid: x [B, H, W, C], the rectangle (y0, y1, x0, x1), ends excluded, I32 [1, 1, 1, 4]
/// → F64 [B, 1, slots, 2C]. Rows of the rectangle go to the slots in turn. What <see cref="GroupNormFromSums"/> reads, of a picture that is computed
/// in parts.
/// </summary>
/// <param name="Slots">Between how many partial sums the rows are divided.</param>
internal sealed record RectangleSums(int Slots) : Op
{
    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public override OperandRole Role(int input) => input == 0 ? OperandRole.Activation : OperandRole.Free;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 2);
        Require(inputs[0].Type.IsStorage(), $"x must be F32, F16 or BF16, not {inputs[0]}.");
        Require(inputs[1] == new TensorType(new Shape(1, 1, 1, 4), ElementType.I32), $"the rectangle must be I32 [1, 1, 1, 4], not {inputs[1]}.");
        Require(Slots > 0, $"cannot divide rows between {Slots} sums.");
        Shape x = inputs[0].Shape;
        return [new TensorType(new Shape(x.Batch, 1, Slots, 2 * x.Channels), ElementType.F64)];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.RectangleSums(this, operands);
}

/// <summary><see cref="RectangleSums"/> on values.</summary>
internal static class RectangleSumsValues
{
    // As many tasks as a picture's rows feed; the order of adding does not depend on who does them.
    private const int Slots = 32;

    extension(Value x)
    {
        /// <summary>Σx and Σx² of each channel over a rectangle, I32 [1, 1, 1, 4].</summary>
        public Value RectangleSums(Value rectangle, string? path = null) => x.Graph.Apply(new RectangleSums(Math.Min(Slots, x.Shape.Height)), [x, rectangle], path);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.RectangleSums"/>.</summary>
    Prepared RectangleSums(RectangleSums op, in Operands operands);
}
