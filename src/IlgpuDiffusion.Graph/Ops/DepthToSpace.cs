namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>
/// A grid point's channels laid out as a square of grid points: x [B, h, w, f²·C] → [B, f·h, f·w, C], the way from a transformer's patches back to a picture. A point's channels
/// are ordered (row, column, channel), or (channel, row, column).
/// </summary>
/// <param name="Factor">f, the side of the square.</param>
/// <param name="ChannelsFirst">Whether the channel is the slowest of the three, as in torch's <c>pixel_shuffle</c>.</param>
internal sealed record DepthToSpace(int Factor, bool ChannelsFirst) : Op
{
    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 1);
        Shape x = inputs[0].Shape;
        Require(Factor > 0 && x.Channels % (Factor * Factor) == 0, $"{x.Channels} channels do not divide into squares of {Factor} x {Factor}.");
        return [Like(inputs[0], new Shape(x.Batch, checked(Factor * x.Height), checked(Factor * x.Width), x.Channels / (Factor * Factor)))];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.DepthToSpace(this, operands);
}

/// <summary><see cref="DepthToSpace"/> on values.</summary>
internal static class DepthToSpaceValues
{
    extension(Value x)
    {
        /// <summary>Each point's channels as a square of points.</summary>
        public Value DepthToSpace(int factor, bool channelsFirst, string? path = null) => x.Graph.Apply(new DepthToSpace(factor, channelsFirst), [x], path);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.DepthToSpace"/>.</summary>
    Prepared DepthToSpace(DepthToSpace op, in Operands operands);
}
