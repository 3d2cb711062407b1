namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>Sinusoids of a time: [R, 1, 1, 1] → [R, 1, 1, C] with frequencies exp(−ln(period)·i / (C/2 − shift)) (Vaswani et al. 2017; Ho et al. 2020).</summary>
internal sealed record TimestepEmbedding(int Channels, bool CosineFirst, double Shift, double Period) : Op
{
    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public override OperandRole Role(int input) => OperandRole.Exact;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 1);
        Require(inputs[0].Shape.Channels == 1, $"takes one number a grid point, not {inputs[0].Shape}.");
        Require(Channels > 1, $"needs at least 2 channels, not {Channels}.");
        return [new TensorType(inputs[0].Shape with { Channels = Channels })];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.TimestepEmbedding(this, operands);
}

/// <summary><see cref="TimestepEmbedding"/> on values.</summary>
internal static class TimestepEmbeddingValues
{
    extension(Value x)
    {
        /// <summary>Sinusoids of this time [R, 1, 1, 1].</summary>
        public Value TimestepEmbedding(int channels, bool cosineFirst, double shift, double period = 10000, string? path = null) =>
            x.Graph.Apply(new TimestepEmbedding(channels, cosineFirst, shift, period), [x], path);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.TimestepEmbedding"/>.</summary>
    Prepared TimestepEmbedding(TimestepEmbedding op, in Operands operands);
}
