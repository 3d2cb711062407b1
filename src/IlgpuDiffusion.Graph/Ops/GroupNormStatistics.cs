namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>Mean and variance of each image's groups of channels, folded with γ, β into one factor and one summand a channel: x [B, H, W, C], γ, β [1, 1, 1, C] → [B, 1, 1, 2C], first γ/√(var+ε), then β − mean·γ/√(var+ε) (Wu and He 2018).</summary>
internal sealed record GroupNormStatistics(int Groups, double Epsilon) : Op
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
        Require(Groups > 0 && x.Channels % Groups == 0, $"{x.Channels} channels do not divide into {Groups} groups.");
        Require(inputs[1].Shape == Shape.Vector(x.Channels) && inputs[2].Shape == Shape.Vector(x.Channels), $"γ and β must be [1, 1, 1, {x.Channels}], not {inputs[1].Shape} and {inputs[2].Shape}.");
        RequireType(inputs, 1, "γ");
        RequireType(inputs, 2, "β");
        return [new TensorType(new Shape(x.Batch, 1, 1, 2 * x.Channels))];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.GroupNormStatistics(this, operands);
}

/// <summary><see cref="GroupNormStatistics"/> on values.</summary>
internal static class GroupNormStatisticsValues
{
    extension(Value x)
    {
        /// <summary>The group norm of x with γ, β [1, 1, 1, C]: statistics, then one multiply-add an element.</summary>
        public Value GroupNorm(Value gamma, Value beta, int groups, double epsilon, string? path = null) =>
            x.ScaleShift(x.Graph.Apply(new GroupNormStatistics(groups, epsilon), [x, gamma, beta], path));
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.GroupNormStatistics"/>.</summary>
    Prepared GroupNormStatistics(GroupNormStatistics op, in Operands operands);
}
