using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>From a group's sums in shared memory to the result: bias, row bias, activation or gate, residual; four columns an item at a time.</summary>
internal static class GemmEpilogue
{
    /// <summary>Writes 64 rows of the result.</summary>
    /// <param name="shared">Shared memory.</param>
    /// <param name="shape">The product's sizes.</param>
    /// <param name="columns">Columns of the tile.</param>
    /// <param name="firstRow">The first of the 64 rows.</param>
    /// <param name="firstColumn">The tile's first column of the result.</param>
    /// <param name="extras">What is added.</param>
    /// <param name="result">The result.</param>
    public static void Write<T, TOutput>(ArrayView<U4> shared, GemmShape shape, int columns, int firstRow, int firstColumn, GemmExtras extras, ArrayView<uint> result)
        where T : struct, ITensorCores
        where TOutput : struct, IOutputFormat
    {
        ArrayView<F4> staged = shared.Cast<F4>();
        int stride = GemmTile.StagedColumns(columns) / 4;
        int width = columns / 4;
        int values = shape.Gated != 0 ? width / 2 : width;
        int outputs = shape.Outputs;
        for (int i = Group.IdxX; i < GemmTile.Rows / 2 * values; i += GemmTile.Threads)
        {
            int stagedRow = i / values;
            int four = i - (stagedRow * values);
            int row = firstRow + stagedRow;
            int column = firstColumn + (4 * four);
            if (row < shape.M && column < outputs)
            {
                int at = (stagedRow * stride) + four;
                F4 x = Biased(shape, extras, row, column, outputs, staged[at]);
                if (shape.Gated != 0)
                {
                    x = Times(x, Activated<T>(shape, Biased(shape, extras, row, outputs + column, shape.N, staged[at + values])));
                }
                else
                {
                    x = Activated<T>(shape, x);
                }

                long to = ((long)row * shape.StrideC) + column;
                long from = ((long)row * shape.StrideResidual) + column;
                if (shape.Fours != 0 && column + 4 <= outputs)
                {
                    TOutput.StoreFour<T>(result, to, shape.HasResidual != 0 ? Plus(x, TOutput.LoadFour(extras.Residual, from)) : x);
                }
                else
                {
                    Edge<T, TOutput>(shape, extras, result, to, from, outputs - column, x);
                }
            }
        }
    }

    private static void Edge<T, TOutput>(GemmShape shape, GemmExtras extras, ArrayView<uint> result, long to, long from, int left, F4 x)
        where T : struct, ITensorCores
        where TOutput : struct, IOutputFormat
    {
        for (int i = 0; i < Math.Min(4, left); i++)
        {
            float y = i == 0 ? x.X : i == 1 ? x.Y : i == 2 ? x.Z : x.W;
            TOutput.Store<T>(result, to + i, shape.HasResidual != 0 ? y + TOutput.Load(extras.Residual, from + i) : y);
        }
    }

    // A bias is read up to its last number; what stands for those behind is never written.
    private static F4 Biased(GemmShape shape, GemmExtras extras, int row, int column, int end, F4 x)
    {
        if (shape.HasBias != 0)
        {
            x = Plus(x, Four(extras.Bias, column, column, end));
        }

        if (shape.RowsPerRowBias != 0)
        {
            x = Plus(x, Four(extras.RowBias, (row / shape.RowsPerRowBias * shape.StrideRowBias) + column, column, end));
        }

        return x;
    }

    private static F4 Four(ArrayView<float> numbers, int at, int column, int end)
    {
        int last = at + (end - 1 - column);
        return new() { X = numbers[at], Y = numbers[Math.Min(at + 1, last)], Z = numbers[Math.Min(at + 2, last)], W = numbers[Math.Min(at + 3, last)] };
    }

    private static F4 Activated<T>(GemmShape shape, F4 x)
        where T : struct, ITensorCores =>
        new() { X = Functions.Of<T>(shape.Activation, x.X), Y = Functions.Of<T>(shape.Activation, x.Y), Z = Functions.Of<T>(shape.Activation, x.Z), W = Functions.Of<T>(shape.Activation, x.W) };

    private static F4 Plus(F4 x, F4 y) => new() { X = x.X + y.X, Y = x.Y + y.Y, Z = x.Z + y.Z, W = x.W + y.W };

    private static F4 Times(F4 x, F4 y) => new() { X = x.X * y.X, Y = x.Y * y.Y, Z = x.Z * y.Z, W = x.W * y.W };
}
