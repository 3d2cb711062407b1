namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>
/// (x − mean) / √(var + ε) · γ + β over the channels of each grid point: x [B, H, W, C], γ, β [R, 1, 1, C] (R divides B) → [B, H, W, C] (Ba et al. 2016). What
/// <see cref="RowStatistics"/> and <see cref="NormalizeRows"/> are in one, for devices that say so (<see cref="Capabilities.LayerNorm"/>).
/// </summary>
internal sealed record LayerNorm(double Epsilon) : Op
{
    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public override OperandRole Role(int input) => input == 0 ? OperandRole.Activation : OperandRole.Exact;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 3);
        Shape x = inputs[0].Shape;
        Require(NormalizeRows.IsTable(inputs[1].Shape, x) && NormalizeRows.IsTable(inputs[2].Shape, x), $"γ and β must be [1, 1, 1, {x.Channels}], or one for each image, not {inputs[1].Shape} and {inputs[2].Shape}.");
        RequireType(inputs, 1, "γ");
        RequireType(inputs, 2, "β");
        return [Like(inputs[0], x)];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.LayerNorm(this, operands);
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.LayerNorm"/>.</summary>
    Prepared LayerNorm(LayerNorm op, in Operands operands);
}
