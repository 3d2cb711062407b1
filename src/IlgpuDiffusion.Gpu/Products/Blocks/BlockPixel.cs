using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>A pixel of the result, as the input is read for it: its image's first pixel, and the grid's row and column that the kernel begins at.</summary>
internal struct BlockPixel
{
    // Where a pixel beyond the last looks: far above the picture.
    private const int Nowhere = -(1 << 28);

    private int _image;
    private int _row;
    private int _column;

    /// <summary>The pixel of a number.</summary>
    public static BlockPixel Of(BlockShape s, int pixel)
    {
        int line = pixel / s.Product.Width;
        int image = line / s.Product.Height;
        return new()
        {
            _image = image * s.Product.SourceHeight * s.Product.SourceWidth,
            _row = pixel < s.Product.Rows ? ((line - (image * s.Product.Height)) * s.Product.Stride) - s.Product.Top : Nowhere,
            _column = ((pixel - (line * s.Product.Width)) * s.Product.Stride) - s.Product.Left,
        };
    }

    /// <summary>Four neighbouring numbers along K; zeros outside.</summary>
    public static F4 LoadFour(BlockShape s, BlockPixel pixel, ArrayView<float> x, int k)
    {
        F4 four = default;
        if (s.FoursOfX != 0)
        {
            long at = At(s, pixel, k);
            if (at >= 0)
            {
                four = x.Cast<F4>()[at >> 2];
            }
        }
        else
        {
            four.X = Load(s, pixel, x, k);
            four.Y = Load(s, pixel, x, k + 1);
            four.Z = Load(s, pixel, x, k + 2);
            four.W = Load(s, pixel, x, k + 3);
        }

        return four;
    }

    private static float Load(BlockShape s, BlockPixel pixel, ArrayView<float> x, int k)
    {
        long at = At(s, pixel, k);
        float number = 0f;
        if (at >= 0)
        {
            number = x[at];
        }

        return number;
    }

    // The element's place, or −1 outside of the picture and beyond K.
    private static long At(BlockShape s, BlockPixel pixel, int k)
    {
        int tap = s.Inputs.Divide(k);
        int kernelRow = s.KernelWidth.Divide(tap);
        int y = pixel._row + kernelRow;
        int column = pixel._column + tap - (kernelRow * s.Product.KernelWidth);
        int outside = y | (s.Product.GridHeight - 1 - y) | column | (s.Product.GridWidth - 1 - column) | (s.K - 1 - k);
        int source = pixel._image + (Source(y, s.RowFactor) * s.Product.SourceWidth) + Source(column, s.ColumnFactor);
        long at = ((long)source * s.Product.XStride) + (k - (tap * s.Product.Inputs));
        return outside < 0 ? -1 : at;
    }

    private static int Source(int at, ulong factor) => NearestResize.Source(at, factor);
}
