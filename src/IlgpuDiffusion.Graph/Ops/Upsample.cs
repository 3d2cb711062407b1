namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>Nearest-neighbour resize to any grid: [B, h, w, C] → [B, H, W, C], row y from ⌊y·h/H⌋.</summary>
internal sealed record Upsample(int Height, int Width) : Op
{
    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 1);
        Require(Height > 0 && Width > 0, $"cannot resize to {Height}×{Width}.");
        return [Like(inputs[0], inputs[0].Shape with { Height = Height, Width = Width })];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.Upsample(this, operands);
}

/// <summary><see cref="Upsample"/> on values.</summary>
internal static class UpsampleValues
{
    extension(Value x)
    {
        /// <summary>Nearest-neighbour resize to a grid.</summary>
        public Value Upsample(int height, int width, string? path = null) => x.Graph.Apply(new Upsample(height, width), [x], path);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.Upsample"/>.</summary>
    Prepared Upsample(Upsample op, in Operands operands);
}
