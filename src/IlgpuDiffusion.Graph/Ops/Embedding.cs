namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>Rows of a table: table [1, 1, V, C] of any float type, ids [B, 1, T, 1] (I32, 0 ≤ id &lt; V) → F32 [B, 1, T, C].</summary>
internal sealed record Embedding() : Op
{
    /// <inheritdoc/>
    public override OperandRole Role(int input) => input == 0 ? OperandRole.Weight : OperandRole.Free;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 2);
        (Shape table, Shape ids) = (inputs[0].Shape, inputs[1].Shape);
        Require(table.Batch * table.Height == 1, $"the table must be [1, 1, V, C], not {table}.");
        Require(ids.Channels == 1 && inputs[1].Type == ElementType.I32, $"ids must be I32 [B, 1, T, 1], not {inputs[1]}.");
        return [new TensorType(ids with { Channels = table.Channels })];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.Embedding(this, operands);
}

/// <summary><see cref="Embedding"/> on values.</summary>
internal static class EmbeddingValues
{
    extension(Value x)
    {
        /// <summary>The rows of this table [1, 1, V, C] that ids [B, 1, T, 1] name.</summary>
        public Value Embedding(Value ids, string? path = null) => x.Graph.Apply(new Embedding(), [x, ids], path);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.Embedding"/>.</summary>
    Prepared Embedding(Embedding op, in Operands operands);
}
