namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>How two numbers are combined.</summary>
internal enum BinaryKind
{
    /// <summary>a + b.</summary>
    Add,

    /// <summary>a − b.</summary>
    Subtract,

    /// <summary>a · b.</summary>
    Multiply,

    /// <summary>a / b.</summary>
    Divide,
}

/// <summary>
/// Two tensors combined element by element; sizes broadcast where equal or 1, batches in blocks (row b uses b / (B/R)). Two of one storage type
/// give that type; what differs gives F32, and a pass casts it before it comes to a kernel.
/// </summary>
internal sealed record Binary(BinaryKind Kind) : Op
{
    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 2);
        (Shape a, Shape b) = (inputs[0].Shape, inputs[1].Shape);
        Shape result = new(Math.Max(a.Batch, b.Batch), Math.Max(a.Height, b.Height), Math.Max(a.Width, b.Width), Math.Max(a.Channels, b.Channels));
        Require(a.BroadcastsTo(result) && b.BroadcastsTo(result), $"{a} and {b} do not broadcast.");
        return [inputs[0].Type == inputs[1].Type ? Like(inputs[0], result) : new TensorType(result)];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.Binary(this, operands);
}

/// <summary><see cref="Binary"/> on values.</summary>
internal static class BinaryValues
{
    extension(Value x)
    {
        /// <summary>The two combined.</summary>
        public Value Binary(BinaryKind kind, Value other) => x.Graph.Apply(new Binary(kind), [x, other]);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.Binary"/>.</summary>
    Prepared Binary(Binary op, in Operands operands);
}
