namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>
/// x / √(mean(x²) + ε) · γ over each of <paramref name="Heads"/> equal parts of a grid point's channels: x [B, H, W, C], γ [1, 1, 1, C / heads] → [B, H, W, C] (Zhang and
/// Sennrich 2019, arXiv:1910.07467).
/// </summary>
/// <param name="Heads">In how many parts channels are normed, all by the same γ; 1 for all channels together.</param>
/// <param name="Epsilon">ε.</param>
internal sealed record RmsNorm(int Heads, double Epsilon) : Op
{
    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public override OperandRole Role(int input) => input == 0 ? OperandRole.Activation : OperandRole.Exact;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 2);
        Shape x = inputs[0].Shape;
        Require(Heads > 0 && x.Channels % Heads == 0, $"{x.Channels} channels do not divide into {Heads} parts.");
        Require(inputs[1].Shape == Shape.Vector(x.Channels / Heads), $"γ must be {Shape.Vector(x.Channels / Heads)}, not {inputs[1].Shape}.");
        RequireType(inputs, 1, "γ");
        return [Like(inputs[0], x)];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.RmsNorm(this, operands);
}

/// <summary><see cref="RmsNorm"/> on values.</summary>
internal static class RmsNormValues
{
    extension(Value x)
    {
        /// <summary>x over its root mean square, in equal parts of the channels, times γ.</summary>
        public Value RmsNorm(Value gamma, int heads, double epsilon, string? path = null) => x.Graph.Apply(new RmsNorm(heads, epsilon), [x, gamma], path);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.RmsNorm"/>.</summary>
    Prepared RmsNorm(RmsNorm op, in Operands operands);
}
