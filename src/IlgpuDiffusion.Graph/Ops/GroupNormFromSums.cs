namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>
/// What <see cref="GroupNormStatistics"/> gives, from sums that convolutions left (<see cref="Conv2d.Sums"/>): of each part of x, laid end to end
/// along the channels, F64 [B, 1, slots, 2c]; γ, β [1, 1, 1, C] → [B, 1, 1, 2C].
/// </summary>
/// <param name="Groups">Groups of channels; they may straddle parts.</param>
/// <param name="Epsilon">Added to the variance.</param>
/// <param name="Tokens">Grid points of an image of x.</param>
internal sealed record GroupNormFromSums(int Groups, double Epsilon, int Tokens) : Op
{
    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public override OperandRole Role(int input) => OperandRole.Free;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        Require(inputs.Length >= 3, $"takes sums, γ and β, was given {inputs.Length} inputs.");
        int channels = 0;
        foreach (TensorType part in inputs[..^2])
        {
            Require(part.Type == ElementType.F64 && part.Shape.Height == 1 && part.Shape.Channels % 2 == 0 && part.Shape.Batch == inputs[0].Shape.Batch, $"{part} are no sums of {inputs[0].Shape.Batch} images.");
            channels += part.Shape.Channels / 2;
        }

        Require(Groups > 0 && channels % Groups == 0, $"{channels} channels do not divide into {Groups} groups.");
        Require(Tokens > 0, $"an image has {Tokens} grid points.");
        Require(inputs[^2].Shape == Shape.Vector(channels) && inputs[^1].Shape == Shape.Vector(channels), $"γ and β must be [1, 1, 1, {channels}], not {inputs[^2].Shape} and {inputs[^1].Shape}.");
        Require(inputs[^2].Type == ElementType.F32 && inputs[^1].Type == ElementType.F32, $"γ and β must be F32, not {inputs[^2]} and {inputs[^1]}.");
        return [new TensorType(new Shape(inputs[0].Shape.Batch, 1, 1, 2 * channels))];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.GroupNormFromSums(this, operands);
}

/// <summary><see cref="GroupNormFromSums"/> on values.</summary>
internal static class GroupNormFromSumsValues
{
    extension(Value x)
    {
        /// <summary>These sums, F64 [B, 1, slots, 2C] over so many grid points, as factors and summands of a group norm with γ, β [1, 1, 1, C]: [B, 1, 1, 2C].</summary>
        public Value GroupNormFromSums(int tokens, Value gamma, Value beta, int groups, double epsilon, string? path = null) =>
            x.Graph.Apply(new GroupNormFromSums(groups, epsilon, tokens), [x, gamma.Cast(ElementType.F32), beta.Cast(ElementType.F32)], path);

        /// <summary>The group norm of x with γ, β [1, 1, 1, C], from sums F64 [B, 1, slots, 2C] over a whole picture of so many grid points, of which x may be a part.</summary>
        public Value GroupNorm(Value sums, int tokens, Value gamma, Value beta, int groups, double epsilon, string? path = null) =>
            x.ScaleShift(sums.GroupNormFromSums(tokens, gamma, beta, groups, epsilon, path));
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.GroupNormFromSums"/>.</summary>
    Prepared GroupNormFromSums(GroupNormFromSums op, in Operands operands);
}
