using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>A convolution's pixels as rows: K runs over the kernel's rows, its columns, the channels. At least 32 channels, a multiple of 8.</summary>
/// <typeparam name="TResize">A resize in front.</typeparam>
internal struct PictureRows<TResize> : IRowSource<PictureRows<TResize>>
    where TResize : struct, IResize
{
    // Where a row beyond the result looks: far above the picture.
    private const int Nowhere = -(1 << 24);

    private Pixel _p0;
    private Pixel _p1;
    private Pixel _p2;
    private Pixel _p3;
    private int _row;
    private int _column;
    private int _channel;

    public static PictureRows<TResize> Begin(GemmShape shape, int row, int chunk) => new()
    {
        _p0 = Pixel.Of(shape, row),
        _p1 = Pixel.Of(shape, row + GemmTile.RowsAtOnce),
        _p2 = Pixel.Of(shape, row + (2 * GemmTile.RowsAtOnce)),
        _p3 = Pixel.Of(shape, row + (3 * GemmTile.RowsAtOnce)),
        _channel = chunk,
    };

    public static void Copy<T>(GemmShape shape, PictureRows<TResize> state, int bytes, ArrayView<U4> source, ArrayView<U4> shared, int to)
        where T : struct, ITensorCores
    {
        const int Further = GemmTile.RowsAtOnce * GemmTile.Chunks;
        Pixel p0 = Pixel.At(shape, state._p0, state._row, state._column);
        T.Copy(shared, to, 0, source, p0.First + state._channel, bytes & p0.Row);
        Pixel p1 = Pixel.At(shape, state._p1, state._row, state._column);
        T.Copy(shared, to, Further, source, p1.First + state._channel, bytes & p1.Row);
        Pixel p2 = Pixel.At(shape, state._p2, state._row, state._column);
        T.Copy(shared, to, 2 * Further, source, p2.First + state._channel, bytes & p2.Row);
        Pixel p3 = Pixel.At(shape, state._p3, state._row, state._column);
        T.Copy(shared, to, 3 * Further, source, p3.First + state._channel, bytes & p3.Row);
    }

    // Without branches: a mask of ones where the channels, then the kernel's columns, are at their end.
    public static PictureRows<TResize> Next(GemmShape shape, PictureRows<TResize> state)
    {
        state._channel += GemmTile.Chunks;
        int nextColumn = DenseRows.Negative(shape.Picture.Chunks - 1 - state._channel);
        state._channel -= shape.Picture.Chunks & nextColumn;
        state._column -= nextColumn;
        int nextRow = DenseRows.Negative(shape.Picture.KernelWidth - 1 - state._column);
        state._column &= ~nextRow;
        state._row -= nextRow;
        return state;
    }

    /// <summary>A pixel of the result: its image's first chunk, and the grid's row and column that the kernel begins at.</summary>
    private struct Pixel
    {
        public int First;
        public int Row;
        public int Column;

        public static Pixel Of(GemmShape shape, int row)
        {
            PictureShape picture = shape.Picture;
            int pixels = picture.ResultHeight * picture.ResultWidth;
            int image = row / pixels;
            int y = (row - (image * pixels)) / picture.ResultWidth;
            int x = row - (image * pixels) - (y * picture.ResultWidth);
            return new()
            {
                First = image * picture.Height * picture.Width * shape.StrideA,
                Row = row < shape.M ? (y * picture.Stride) - picture.Top : Nowhere,
                Column = (x * picture.Stride) - picture.Left,
            };
        }

        // The source pixel's first chunk, and as its row a mask: ones within the picture, 0 outside.
        public static Pixel At(GemmShape shape, Pixel begin, int row, int column)
        {
            PictureShape picture = shape.Picture;
            int y = begin.Row + row;
            int x = begin.Column + column;
            int outside = y | (picture.GridHeight - 1 - y) | x | (picture.GridWidth - 1 - x);
            int pixel = (TResize.Source(y, picture.RowFactor) * picture.Width) + TResize.Source(x, picture.ColumnFactor);
            return new() { First = begin.First + (pixel * shape.StrideA), Row = ~DenseRows.Negative(outside) };
        }
    }
}
