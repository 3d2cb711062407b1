namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>x · scale + offset with two constants: [B, H, W, C] → [B, H, W, C].</summary>
internal sealed record Affine(double Scale, double Offset) : Op
{
    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 1);
        return [Like(inputs[0], inputs[0].Shape)];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.Affine(this, operands);
}

/// <summary><see cref="Affine"/> on values.</summary>
internal static class AffineValues
{
    extension(Value x)
    {
        /// <summary>x · scale + offset.</summary>
        public Value Affine(double scale, double offset) => scale == 1 && offset == 0 ? x : x.Graph.Apply(new Affine(scale, offset), [x]);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.Affine"/>.</summary>
    Prepared Affine(Affine op, in Operands operands);
}
