using ILGPU;

namespace IlgpuDiffusion.Gpu.Kernels;

/// <summary>Mean and 1/√(var + ε) of each row: the mean first, then the squares around it. Sums in four lanes, element i in lane i mod 4. An item takes some rows.</summary>
internal static class RowStatisticsKernel
{
    [Kernel]
    public static void Run(RowStatisticsParameters p, ArrayView<float> x, ArrayView<float> y)
    {
        int first = WorkItem.Index * p.RowsPerItem;
        int last = Math.Min(p.Rows, first + p.RowsPerItem);
        for (int row = first; row < last; row++)
        {
            int start = row * p.FromStride;
            double sum = Sum(x, start, p.Channels, 0, false) / p.Channels;
            float mean = (float)sum;

            // The squares are taken around the rounded mean; what rounding moved is taken off again.
            double off = sum - mean;
            double variance = (Sum(x, start, p.Channels, mean, true) / p.Channels) - (off * off);
            y[row * p.ToStride] = mean;
            y[(row * p.ToStride) + 1] = (float)(1 / Math.Sqrt(variance + p.Epsilon));
        }
    }

    private static double Sum(ArrayView<float> x, int start, int count, float centre, bool squares)
    {
        float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        int i = 0;
        for (; i + 3 < count; i += 4)
        {
            s0 += Term(x[start + i] - centre, squares);
            s1 += Term(x[start + i + 1] - centre, squares);
            s2 += Term(x[start + i + 2] - centre, squares);
            s3 += Term(x[start + i + 3] - centre, squares);
        }

        for (; i < count; i++)
        {
            s0 += Term(x[start + i] - centre, squares);
        }

        return (double)s0 + s1 + s2 + s3;
    }

    private static float Term(float value, bool squares) => squares ? value * value : value;
}

/// <summary>The rows, their strides, and how many an item takes.</summary>
internal struct RowStatisticsParameters
{
    public double Epsilon;
    public int Rows;
    public int Channels;
    public int FromStride;
    public int ToStride;
    public int RowsPerItem;
}
