namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>
/// Bipartite soft matching of token merging (Bolya et al. 2023, arXiv:2210.09461; Bolya and Hoffman 2023, arXiv:2303.17604). Operands: the metric
/// [B, h, w, C] and the destinations, I32 [1, 1, D, 1], ascending token numbers that may come with the schedule. The <paramref name="Merged"/> tokens
/// that are most similar (by cosine) to a destination, and no destinations themselves, join the group of the one that they are most similar to; every
/// other token has a group of its own. Of equal similarities the lower token number goes first, so nothing is left to chance.
/// Result: I32 [B, 1, N, 3], N = h·w. With G = N − merged groups, numbered in the order of their destinations and unmerged tokens:
/// (n, 0) is the group of token n; (i, 1) is the i-th token if all are ordered by group and then by number; (g, 2) is where group g begins in that
/// order, (G, 2) being N.
/// </summary>
/// <param name="Merged">Tokens that join a destination, 1 … N − D.</param>
internal sealed record MatchTokens(int Merged) : Op
{
    /// <summary>The column of the result that holds each token's group.</summary>
    public const int Groups = 0;

    /// <summary>The column of the result that holds the tokens in the order of their groups.</summary>
    public const int Members = 1;

    /// <summary>The column of the result that holds the groups' beginnings.</summary>
    public const int Starts = 2;

    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public override OperandRole Role(int input) => input == 0 ? OperandRole.Activation : OperandRole.Free;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 2);
        (Shape x, Shape d) = (inputs[0].Shape, inputs[1].Shape);
        Require(inputs[0].Type.IsStorage(), $"the metric must be F32, F16 or BF16, not {inputs[0]}.");
        Require(inputs[1].Type == ElementType.I32 && d is { Batch: 1, Height: 1, Channels: 1 } && d.Width <= x.Tokens, $"destinations of {x} must be I32 [1, 1, D, 1], not {inputs[1]}.");
        Require(Merged >= 1 && Merged <= x.Tokens - d.Width, $"can merge 1 to {x.Tokens - d.Width} of {x.Tokens} tokens into {d.Width} destinations, not {Merged}.");
        return [new TensorType(new Shape(x.Batch, 1, x.Tokens, 3), ElementType.I32)];
    }

    /// <inheritdoc/>
    public override Work Work(in Operands operands)
    {
        Shape x = operands.Inputs[0].Shape;
        long destinations = operands.Inputs[1].Shape.Width;
        return base.Work(operands) with { Flops = 2L * x.Batch * (x.Tokens - destinations) * destinations * x.Channels };
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.MatchTokens(this, operands);
}

/// <summary>Tokens merged by a matching.</summary>
internal static class MatchTokensValues
{
    extension(Value metric)
    {
        /// <summary>Which of these tokens [B, h, w, C] go together: <paramref name="merged"/> of them join a destination, I32 [1, 1, D, 1].</summary>
        public Value MatchTokens(Value destinations, int merged, string? path = null) => metric.Graph.Apply(new MatchTokens(merged), [metric, destinations], path);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.MatchTokens"/>.</summary>
    Prepared MatchTokens(MatchTokens op, in Operands operands);
}
