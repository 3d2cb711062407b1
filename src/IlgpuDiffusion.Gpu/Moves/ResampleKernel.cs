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
        if (item >= p.Walk.Items)
        {
            return;
        }

        GridRun at = p.Walk.At(item);
        for (int c = at.Start; c < at.End; c += Octets.Size)
        {
            int last = Math.Min(at.End - c, Octets.Size) - 1;
            Octet sum = default;
            for (int k = 0; k < p.RowTaps; k++)
            {
                int line = (at.Image * p.FromHeight) + Within(rows[(at.Row * p.RowStride) + k], p.FromHeight);
                float u = rowWeights[(at.Row * p.RowWeightStride) + k];
                for (int l = 0; l < p.ColumnTaps; l++)
                {
                    int from = ((line * p.FromWidth) + Within(columns[(at.Column * p.ColumnStride) + l], p.FromWidth)) * p.FromStride;
                    sum += Octets.Load<TElement, TFormat>(x, from, c, last, p.FromWay) * (u * columnWeights[(at.Column * p.ColumnWeightStride) + l]);
                }
            }

            Octets.Store<TElement, TFormat>(y, (at.Point * p.ToStride) + c, last, p.ToWay, sum);
        }
    }

    private static int Within(int number, int size) => Math.Max(0, Math.Min(number, size - 1));
}

/// <summary>The grids of a resampling, its taps and strides, and what an item takes.</summary>
internal struct ResampleParameters
{
    public GridWalk Walk;
    public int FromHeight;
    public int FromWidth;
    public int FromStride;
    public int FromWay;
    public int ToStride;
    public int ToWay;
    public int RowTaps;
    public int RowStride;
    public int RowWeightStride;
    public int ColumnTaps;
    public int ColumnStride;
    public int ColumnWeightStride;
}
