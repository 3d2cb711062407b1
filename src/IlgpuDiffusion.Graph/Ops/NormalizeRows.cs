namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>
/// (x − mean) · rstd · γ + β: x [B, H, W, C], statistics [B, H, W, 2], γ, β [R, 1, 1, C] → [B, H, W, C] (Ba et al. 2016). R divides B: tables of one image each are what
/// adaptive layer norms scale and shift by (Peebles and Xie 2023).
/// </summary>
internal sealed record NormalizeRows() : Op
{
    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public override OperandRole Role(int input) => input == 0 ? OperandRole.Activation : OperandRole.Exact;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 4);
        Shape x = inputs[0].Shape;
        Require(inputs[1].Shape == x with { Channels = 2 }, $"statistics of {x} must be {x with { Channels = 2 }}, not {inputs[1].Shape}.");
        Require(IsTable(inputs[2].Shape, x) && IsTable(inputs[3].Shape, x), $"γ and β must be [1, 1, 1, {x.Channels}], or one for each image, not {inputs[2].Shape} and {inputs[3].Shape}.");
        RequireType(inputs, 1, "statistics");
        RequireType(inputs, 2, "γ");
        RequireType(inputs, 3, "β");
        return [Like(inputs[0], x)];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.NormalizeRows(this, operands);

    /// <summary>Whether a shape is that of γ or β for x.</summary>
    internal static bool IsTable(Shape table, Shape x) => table.Tokens == 1 && table.Channels == x.Channels && x.Batch % table.Batch == 0;
}

/// <summary><see cref="NormalizeRows"/> on values.</summary>
internal static class NormalizeRowsValues
{
    extension(Value x)
    {
        /// <summary>The layer norm of x with γ, β [R, 1, 1, C].</summary>
        public Value LayerNorm(Value gamma, Value beta, double epsilon, string? path = null)
        {
            Value statistics = x.Graph.Apply(new RowStatistics(epsilon), [x], path);
            return x.Graph.Apply(new NormalizeRows(), [x, statistics, gamma, beta], path);
        }
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.NormalizeRows"/>.</summary>
    Prepared NormalizeRows(NormalizeRows op, in Operands operands);
}
