namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>The mean of every group of tokens: x [B, h, w, C], a matching of <see cref="MatchTokens"/> I32 [B, 1, h·w, 3] → [B, 1, groups, C].</summary>
/// <param name="Groups">The number of groups that the matching makes.</param>
internal sealed record MergeTokens(int Groups) : Op
{
    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public override OperandRole Role(int input) => input == 0 ? OperandRole.Activation : OperandRole.Free;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 2);
        Shape x = inputs[0].Shape;
        Require(inputs[1] == new TensorType(new Shape(x.Batch, 1, x.Tokens, 3), ElementType.I32), $"the matching of {x} must be I32 [{x.Batch}, 1, {x.Tokens}, 3], not {inputs[1]}.");
        Require(Groups >= 1 && Groups < x.Tokens, $"{x.Tokens} tokens make 1 to {x.Tokens - 1} groups, not {Groups}.");
        return [Like(inputs[0], new Shape(x.Batch, 1, Groups, x.Channels))];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.MergeTokens(this, operands);
}

/// <summary><see cref="MergeTokens"/> on values.</summary>
internal static class MergeTokensValues
{
    extension(Value x)
    {
        /// <summary>The mean of every group of these tokens, by a matching.</summary>
        public Value MergeTokens(Value matching, int groups, string? path = null) => x.Graph.Apply(new MergeTokens(groups), [x, matching], path);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.MergeTokens"/>.</summary>
    Prepared MergeTokens(MergeTokens op, in Operands operands);
}
