using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>An operand of an elementwise op: what is read as which shape.</summary>
/// <param name="Place">Its number among the places.</param>
/// <param name="Shape">The shape it is read as.</param>
/// <param name="Offset">Elements to skip in front.</param>
internal readonly record struct LineOperand(int Place, Shape Shape, int Offset = 0);

/// <summary>
/// Lays out the lines of a result and its broadcast operands, as long as possible: grid points, rows and pictures are joined
/// wherever every operand is contiguous over them or constant.
/// </summary>
internal static class Lines
{
    /// <summary>The walk over the result, and each operand's steps; the last is the result's.</summary>
    public static Walk Of(Shape result, ReadOnlySpan<LineOperand> operands, ReadOnlySpan<Place> places, int grain, Span<Steps> steps)
    {
        for (int i = 0; i < operands.Length; i++)
        {
            (int place, Shape shape, int offset) = operands[i];
            int row = places[place].RowStride;
            steps[i] = new Steps
            {
                Batch = checked(row * shape.Tokens),
                Height = shape.Height == 1 ? 0 : row * shape.Width,
                Width = shape.Width == 1 ? 0 : row,
                Way = shape.Channels == 1 ? Octets.Constant : Octets.Single,
                Offset = offset,
                ByImages = Divisor.Of(result.Batch / shape.Batch),
            };
            if (result.Channels == 1)
            {
                // One element a point: its step is free, so it takes that of the next longer axis.
                int step = result.Width > 1 ? steps[i].Width : steps[i].Height;
                steps[i].Way = step == 0 ? Octets.Constant : Octets.Single;
            }
        }

        (int height, int width, int length) = (result.Height, result.Width, result.Channels);
        if (width == 1 || Joins(steps, length, static s => s.Width))
        {
            (length, width) = (checked(length * width), 1);
            if (height == 1 || Joins(steps, length, static s => s.Height))
            {
                (length, height) = (checked(length * height), 1);
            }
        }

        for (int i = 0; i < operands.Length; i++)
        {
            bool aligned = places[operands[i].Place].IsWide(operands[i].Offset, [steps[i].Batch, height > 1 ? steps[i].Height : 0, width > 1 ? steps[i].Width : 0]);
            steps[i].Way = steps[i].Way == Octets.Single && aligned ? Octets.Wide : steps[i].Way;
        }

        return new Walk
        {
            Runs = LineRuns.Of(result.Batch * height * width, length, grain, Octets.Size),
            Width = width,
            Height = height,
            ByWidth = Divisor.Of(width),
            ByHeight = Divisor.Of(height),
        };
    }

    private static bool Joins(Span<Steps> steps, int length, Func<Steps, int> outer)
    {
        foreach (Steps s in steps)
        {
            if (outer(s) != (s.Way == Octets.Constant ? 0 : length))
            {
                return false;
            }
        }

        return true;
    }
}
