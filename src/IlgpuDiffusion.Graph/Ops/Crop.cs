namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>A rectangle of a grid, in any element type: [B, H, W, C] → [B, h, w, C].</summary>
/// <param name="Top">The first row.</param>
/// <param name="Left">The first column.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
internal sealed record Crop(int Top, int Left, int Height, int Width) : Op
{
    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public override OperandRole Role(int input) => OperandRole.Free;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 1);
        Shape x = inputs[0].Shape;
        Require(
            Top >= 0 && Left >= 0 && Height > 0 && Width > 0 && (long)Top + Height <= x.Height && (long)Left + Width <= x.Width,
            $"{Height} x {Width} from ({Top}, {Left}) on are not within a grid of {x.Height} x {x.Width}.");
        return [inputs[0] with { Shape = x with { Height = Height, Width = Width } }];
    }

    /// <inheritdoc/>
    public override Work Work(in Operands operands) => new(0, 2 * operands.Outputs[0].Bytes);

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.Crop(this, operands);
}

/// <summary><see cref="Crop"/> on values.</summary>
internal static class CropValues
{
    extension(Value x)
    {
        /// <summary>A rectangle of this grid.</summary>
        public Value Crop(int top, int left, int height, int width, string? path = null) => x.Graph.Apply(new Crop(top, left, height, width), [x], path);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.Crop"/>.</summary>
    Prepared Crop(Crop op, in Operands operands);
}
