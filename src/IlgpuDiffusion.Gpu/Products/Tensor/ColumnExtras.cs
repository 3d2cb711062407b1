using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>What an item adds to four columns of row after row.</summary>
internal struct ColumnExtras
{
    /// <summary>The columns' bias, if there is one.</summary>
    public F4 Bias;

    /// <summary>That of their gates.</summary>
    public F4 GateBias;

    /// <summary>The first number of the row bias that the present row has.</summary>
    public int RowBias;

    /// <summary>The first row that has another.</summary>
    public int NextRow;

    /// <summary>For columns from a row on.</summary>
    public static ColumnExtras Of(GemmShape shape, GemmExtras extras, int row, int column)
    {
        ColumnExtras own = default;
        if (shape.HasBias != 0)
        {
            own.Bias = Four(extras.Bias, column, column, shape.Outputs);
            own.GateBias = shape.Gated != 0 ? Four(extras.Bias, shape.Outputs + column, shape.Outputs + column, shape.N) : own.Bias;
        }

        if (shape.RowsPerRowBias != 0)
        {
            int image = row / shape.RowsPerRowBias;
            own.RowBias = image * shape.StrideRowBias;
            own.NextRow = (image + 1) * shape.RowsPerRowBias;
        }

        return own;
    }

    /// <summary>The same at the same row or one further down.</summary>
    public static ColumnExtras At(GemmShape shape, ColumnExtras own, int row)
    {
        while (shape.RowsPerRowBias != 0 && row >= own.NextRow)
        {
            own.RowBias += shape.StrideRowBias;
            own.NextRow += shape.RowsPerRowBias;
        }

        return own;
    }

    /// <summary>Four numbers, read up to the last that there is; what stands for those behind is never written.</summary>
    public static F4 Four(ArrayView<float> numbers, int at, int column, int end)
    {
        int last = at + (end - 1 - column);
        return new() { X = numbers[at], Y = numbers[Math.Min(at + 1, last)], Z = numbers[Math.Min(at + 2, last)], W = numbers[Math.Min(at + 3, last)] };
    }
}
