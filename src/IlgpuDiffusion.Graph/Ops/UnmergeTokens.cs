namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>Every token's group: y [B, 1, groups, C], a matching of <see cref="MatchTokens"/> I32 [B, 1, h·w, 3] → [B, h, w, C].</summary>
/// <param name="Height">Rows of the tokens' grid.</param>
/// <param name="Width">Its columns.</param>
internal sealed record UnmergeTokens(int Height, int Width) : Op
{
    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public override OperandRole Role(int input) => input == 0 ? OperandRole.Activation : OperandRole.Free;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 2);
        Shape y = inputs[0].Shape, tokens = new(y.Batch, Height, Width, y.Channels);
        Require(Height > 0 && Width > 0 && y.Height == 1 && y.Width < tokens.Tokens, $"{y} are no merged tokens of a grid of {Height}×{Width}.");
        Require(inputs[1] == new TensorType(new Shape(y.Batch, 1, tokens.Tokens, 3), ElementType.I32), $"the matching of {tokens} must be I32 [{y.Batch}, 1, {tokens.Tokens}, 3], not {inputs[1]}.");
        return [Like(inputs[0], tokens)];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.UnmergeTokens(this, operands);
}

/// <summary><see cref="UnmergeTokens"/> on values.</summary>
internal static class UnmergeTokensValues
{
    extension(Value y)
    {
        /// <summary>Every token of a grid given what its group has become.</summary>
        public Value UnmergeTokens(Value matching, int height, int width, string? path = null) => y.Graph.Apply(new UnmergeTokens(height, width), [y, matching], path);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.UnmergeTokens"/>.</summary>
    Prepared UnmergeTokens(UnmergeTokens op, in Operands operands);
}
