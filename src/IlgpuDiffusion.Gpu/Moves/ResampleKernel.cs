using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>A grid resampled by taps of its rows and columns. An item takes a grid point of the result, or a run of its channels, eight at a time.</summary>
internal static class ResampleKernel
{
    [Kernel(EveryFormat = true)]
    public static void Run<TElement, TFormat>(
        ResampleParameters p, ArrayView<TElement> x, ArrayView<int> rows, ArrayView<float> rowWeights, ArrayView<int> columns, ArrayView<float> columnWeights, ArrayView<TElement> y)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
    {
        int item = WorkItem.Index;
        if (item >= p.Items)
        {
            return;
        }

        int point = p.ByRuns.Divide(item);
        int start = (item - (point * p.RunsPerPoint)) * p.Run;
        int end = Math.Min(p.Channels, start + p.Run);
        int rest = p.ByWidth.Divide(point);
        int column = point - (rest * p.Width);
        int image = p.ByHeight.Divide(rest);
        int row = rest - (image * p.Height);
        for (int c = start; c < end; c += Octets.Size)
        {
            int last = Math.Min(end - c, Octets.Size) - 1;
            Octet sum = default;
            for (int k = 0; k < p.RowTaps; k++)
            {
                int line = (image * p.FromHeight) + Within(rows[(row * p.RowStride) + k], p.FromHeight);
                float u = rowWeights[(row * p.RowWeightStride) + k];
                for (int l = 0; l < p.ColumnTaps; l++)
                {
                    int from = ((line * p.FromWidth) + Within(columns[(column * p.ColumnStride) + l], p.FromWidth)) * p.FromStride;
                    sum += Octets.Load<TElement, TFormat>(x, from, c, last, p.FromWay) * (u * columnWeights[(column * p.ColumnWeightStride) + l]);
                }
            }

            Octets.Store<TElement, TFormat>(y, (point * p.ToStride) + c, last, p.ToWay, sum);
        }
    }

    private static int Within(int number, int size) => Math.Max(0, Math.Min(number, size - 1));
}

/// <summary>The grids of a resampling, its taps and strides, and what an item takes.</summary>
internal struct ResampleParameters
{
    public int Items;
    public int Channels;
    public int Run;
    public int RunsPerPoint;
    public int FromHeight;
    public int FromWidth;
    public int FromStride;
    public int FromWay;
    public int Height;
    public int Width;
    public int ToStride;
    public int ToWay;
    public int RowTaps;
    public int RowStride;
    public int RowWeightStride;
    public int ColumnTaps;
    public int ColumnStride;
    public int ColumnWeightStride;
    public Divisor ByRuns;
    public Divisor ByHeight;
    public Divisor ByWidth;
}
