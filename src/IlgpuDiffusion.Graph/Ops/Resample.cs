namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>
/// A grid resampled along both axes: x [B, h, w, C] → y [B, H, W, C] with y[i, j] = Σₖ Σₗ u[i, k] · v[j, l] · x[rows[i, k], columns[j, l]].
/// Further operands, which may come with the schedule: rows I32 [1, 1, H, K] and u [1, 1, H, K], columns I32 [1, 1, W, L] and v [1, 1, W, L].
/// One tap of weight 1 an axis picks grid points as they are. A number outside the grid is an error on the processor; on a GPU it is taken as the nearest inside.
/// </summary>
internal sealed record Resample() : Op
{
    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <inheritdoc/>
    public override OperandRole Role(int input) => input switch { 0 => OperandRole.Activation, 2 or 4 => OperandRole.Exact, _ => OperandRole.Free };

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 5);
        for (int i = 1; i < 5; i += 2)
        {
            (TensorType taps, TensorType weights) = (inputs[i], inputs[i + 1]);
            Require(taps.Type == ElementType.I32 && taps.Shape is { Batch: 1, Height: 1 }, $"the {(i == 1 ? "rows" : "columns")} must be I32 [1, 1, points, taps], not {taps}.");
            Require(weights.Shape == taps.Shape, $"weights {weights} do not fit the {(i == 1 ? "rows" : "columns")} {taps}.");
            RequireType(inputs, i + 1, "a weight");
        }

        return [Like(inputs[0], inputs[0].Shape with { Height = inputs[1].Shape.Width, Width = inputs[3].Shape.Width })];
    }

    /// <inheritdoc/>
    public override Work Work(in Operands operands)
    {
        long taps = (long)operands.Inputs[1].Shape.Channels * operands.Inputs[3].Shape.Channels;
        TensorType y = operands.Outputs[0];
        return new Work(2 * taps * y.Shape.Count, y.Bytes + Math.Min(operands.Inputs[0].Bytes, taps * y.Bytes));
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.Resample(this, operands);
}

/// <summary>The taps of one axis.</summary>
/// <param name="Points">Which points are read, I32 [1, 1, points, taps].</param>
/// <param name="Weights">Their weights, [1, 1, points, taps].</param>
internal readonly record struct AxisTapValues(Value Points, Value Weights);

/// <summary><see cref="Resample"/> on values.</summary>
internal static class ResampleValues
{
    extension(Value x)
    {
        /// <summary>This grid resampled by taps of its rows and columns.</summary>
        public Value Resample(in AxisTapValues rows, in AxisTapValues columns, string? path = null) =>
            x.Graph.Apply(new Resample(), [x, rows.Points, rows.Weights, columns.Points, columns.Weights], path);
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.Resample"/>.</summary>
    Prepared Resample(Resample op, in Operands operands);
}
