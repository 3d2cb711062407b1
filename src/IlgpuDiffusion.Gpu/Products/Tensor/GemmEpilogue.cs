using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>From a group's sums in shared memory to the result: bias, row bias, activation or gate, residual; four columns an item at a time.</summary>
internal static class GemmEpilogue
{
    /// <summary>Writes 64 rows of the result.</summary>
    /// <param name="shared">Shared memory.</param>
    /// <param name="shape">The product's sizes.</param>
    /// <param name="columns">Columns of the tile.</param>
    /// <param name="threads">Items of the group.</param>
    /// <param name="firstRow">The first of the 64 rows.</param>
    /// <param name="firstColumn">The tile's first column of the result.</param>
    /// <param name="extras">What is added.</param>
    /// <param name="result">The result.</param>
    public static void Write<T, TOutput>(ArrayView<U4> shared, GemmShape shape, int columns, int threads, int firstRow, int firstColumn, GemmExtras extras, ArrayView<uint> result)
        where T : struct, ITensorCores
        where TOutput : struct, IOutputFormat
    {
        // An item keeps its columns, so that what goes by columns alone is read once; where a row's fours do not fill the group, the last items have none.
        ArrayView<F4> staged = shared.Cast<F4>();
        int stride = GemmTile.StagedColumns(columns) / 4;
        int width = columns / 4;
        int values = shape.Gated != 0 ? width / 2 : width;
        int rowsAtOnce = threads / values;
        int stagedRow = Group.IdxX / values;
        int four = Group.IdxX - (stagedRow * values);
        int column = firstColumn + (4 * four);
        if (stagedRow < rowsAtOnce && column < shape.Outputs)
        {
            ColumnExtras own = ColumnExtras.Of(shape, extras, firstRow + stagedRow, column);
            int end = Math.Min(GemmTile.Rows / 2, shape.M - firstRow);
            for (; stagedRow < end; stagedRow += rowsAtOnce)
            {
                int at = (stagedRow * stride) + four;
                F4 x = staged[at];
                own = ColumnExtras.At(shape, own, firstRow + stagedRow);
                Finish<T, TOutput>(shape, extras, own, firstRow + stagedRow, column, x, shape.Gated != 0 ? staged[at + values] : x, result);
            }
        }
    }

    /// <summary>Makes four results of their sums, of columns that begin at a multiple of four, and writes those that there are.</summary>
    /// <param name="shape">The product's sizes.</param>
    /// <param name="extras">What is added.</param>
    /// <param name="own">Of it, what goes by columns.</param>
    /// <param name="row">The row.</param>
    /// <param name="column">The first column.</param>
    /// <param name="x">The sums.</param>
    /// <param name="gate">The sums of the gates, if there are some.</param>
    /// <param name="result">The result.</param>
    public static void Finish<T, TOutput>(GemmShape shape, GemmExtras extras, ColumnExtras own, int row, int column, F4 x, F4 gate, ArrayView<uint> result)
        where T : struct, ITensorCores
        where TOutput : struct, IOutputFormat
    {
        int outputs = shape.Outputs;
        x = Biased(shape, extras, own.Bias, own.RowBias, column, outputs, x);
        x = shape.Gated != 0 ? Times(x, Activated<T>(shape, Biased(shape, extras, own.GateBias, own.RowBias, outputs + column, shape.N, gate))) : Activated<T>(shape, x);
        long to = ((((long)Grid.IdxY * shape.M) + row) * shape.StrideC) + column, from = ((long)row * shape.StrideResidual) + column;
        if (shape.Fours != 0 && column + 4 <= outputs)
        {
            TOutput.StoreFour<T>(result, to, shape.HasResidual != 0 ? Plus(x, TOutput.LoadFour(extras.Residual, from)) : x);
        }
        else
        {
            Edge<T, TOutput>(shape, extras, result, to, from, outputs - column, x);
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

    private static F4 Biased(GemmShape shape, GemmExtras extras, F4 bias, int rowBias, int column, int end, F4 x)
    {
        x = shape.HasBias != 0 ? Plus(x, bias) : x;
        return shape.RowsPerRowBias != 0 ? Plus(x, ColumnExtras.Four(extras.RowBias, rowBias + column, column, end)) : x;
    }

    private static F4 Activated<T>(GemmShape shape, F4 x)
        where T : struct, ITensorCores =>
        new() { X = Functions.Of<T>(shape.Activation, x.X), Y = Functions.Of<T>(shape.Activation, x.Y), Z = Functions.Of<T>(shape.Activation, x.Z), W = Functions.Of<T>(shape.Activation, x.W) };

    private static F4 Plus(F4 x, F4 y) => new() { X = x.X + y.X, Y = x.Y + y.Y, Z = x.Z + y.Z, W = x.W + y.W };

    private static F4 Times(F4 x, F4 y) => new() { X = x.X * y.X, Y = x.Y * y.Y, Z = x.Z * y.Z, W = x.W * y.W };
}
