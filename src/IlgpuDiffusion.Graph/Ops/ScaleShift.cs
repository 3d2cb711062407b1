namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>activation(x · scale + shift) per image and channel: x [B, H, W, C], scale and shift [R, 1, 1, 2C] (R divides B) → [B, H, W, C].</summary>
internal sealed record ScaleShift(Activation Function) : Op
{
    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public override OperandRole Role(int input) => input == 0 ? OperandRole.Activation : OperandRole.Exact;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 2);
        (Shape x, Shape s) = (inputs[0].Shape, inputs[1].Shape);
        Require(s.Tokens == 1 && s.Channels == 2 * x.Channels && x.Batch % s.Batch == 0, $"scale and shift for {x} must be [R, 1, 1, {2 * x.Channels}], not {s}.");
        RequireType(inputs, 1, "scale and shift");
        return [Like(inputs[0], x)];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.ScaleShift(this, operands);
}

/// <summary><see cref="ScaleShift"/> on values.</summary>
internal static class ScaleShiftValues
{
    extension(Value x)
    {
        /// <summary>x · scale + shift, with both in one [R, 1, 1, 2C].</summary>
        public Value ScaleShift(Value scaleShift, Activation function = Activation.None) => x.Graph.Apply(new ScaleShift(function), [x, scaleShift], scaleShift.Path);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.ScaleShift"/>.</summary>
    Prepared ScaleShift(ScaleShift op, in Operands operands);
}
