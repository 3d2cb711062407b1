namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>A range of channels or of batch rows, seen in place: no copy is made.</summary>
internal sealed record Slice(Axis Axis, int Start, int Count) : Op
{
    /// <inheritdoc/>
    public override bool RowWise => Axis == Axis.Channels;

    /// <inheritdoc/>
    public override bool IsView => true;

    /// <inheritdoc/>
    public override OperandRole Role(int input) => OperandRole.Free;

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 1);
        Shape x = inputs[0].Shape;
        Require(Axis is Axis.Batch or Axis.Channels, $"cannot slice the {Axis}.");
        Require(Start >= 0 && Count > 0 && (long)Start + Count <= x.Size(Axis), $"{Start}..{Start + Count} is not within the {Axis} of {x}.");
        return [inputs[0] with { Shape = x.With(Axis, Count) }];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => throw new InvalidOperationException("Slice is a view.");
}

/// <summary><see cref="Slice"/> on values.</summary>
internal static class SliceValues
{
    extension(Value x)
    {
        /// <summary>A range of channels or of batch rows.</summary>
        public Value Slice(Axis axis, int start, int count) =>
            start == 0 && count == x.Shape.Size(axis) ? x : x.Graph.Apply(new Slice(axis, start, count), [x]);
    }
}
