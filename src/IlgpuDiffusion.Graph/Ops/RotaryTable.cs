namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>
/// Cosine and sine of the angles by which <see cref="Rotary"/> turns pairs of channels, one beside the other: → [1, H, W, C], first the pairs that a row turns, then those that a column
/// does. Pair i of n turns by position · θ^(−i/n). A grid that stands for another has the middle of what each of its points stands for as positions.
/// </summary>
/// <param name="Grid">H and W.</param>
/// <param name="Of">The grid that positions are counted on.</param>
/// <param name="RowChannels">Channels that rows turn, two a pair.</param>
/// <param name="ColumnChannels">Channels that columns turn.</param>
/// <param name="Theta">θ.</param>
internal sealed record RotaryTable(Grid Grid, Grid Of, int RowChannels, int ColumnChannels, double Theta) : Op
{
    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        RequireInputs(inputs, 0);
        Require(RowChannels % 2 == 0 && ColumnChannels % 2 == 0 && RowChannels + ColumnChannels > 0, $"turns pairs of channels, not {RowChannels} and {ColumnChannels}.");
        return [new TensorType(new Shape(1, Grid.Height, Grid.Width, RowChannels + ColumnChannels))];
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.RotaryTable(this, operands);

    /// <summary>The table, computed in double precision as the reference does.</summary>
    public float[] Values()
    {
        (float[] rows, float[] columns) = (Axis(Grid.Height, Of.Height, RowChannels), Axis(Grid.Width, Of.Width, ColumnChannels));
        float[] values = new float[Grid.Height * Grid.Width * (RowChannels + ColumnChannels)];
        Span<float> rest = values;
        for (int y = 0; y < Grid.Height; y++)
        {
            for (int x = 0; x < Grid.Width; x++)
            {
                rows.AsSpan(y * RowChannels, RowChannels).CopyTo(rest);
                columns.AsSpan(x * ColumnChannels, ColumnChannels).CopyTo(rest[RowChannels..]);
                rest = rest[(RowChannels + ColumnChannels)..];
            }
        }

        return values;
    }

    private float[] Axis(int points, int of, int channels)
    {
        float[] values = new float[points * channels];
        double step = (double)of / points;
        for (int i = 0; i < values.Length; i += 2)
        {
            (int point, int channel) = Math.DivRem(i, channels);
            double position = points == of ? point : ((point + 0.5) * step) - 0.5;
            (double sine, double cosine) = Math.SinCos(position / Math.Pow(Theta, (double)channel / channels));
            (values[i], values[i + 1]) = ((float)cosine, (float)sine);
        }

        return values;
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.RotaryTable"/>.</summary>
    Prepared RotaryTable(RotaryTable op, in Operands operands);
}
