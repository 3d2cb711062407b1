using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>
/// A convolution's pixels as rows: K runs over the kernel's rows, its columns, the channels. At least 32 channels, a multiple of 8; grids of up to 32767 rows
/// and columns. Behind the last pixel it is copied again, since what comes of it is never written.
/// </summary>
/// <typeparam name="TResize">A resize in front.</typeparam>
/// <remarks>Where an item is goes on with every step, in few registers: what a step would compute anew from what does not change, ILGPU computes in front of the loop and keeps.</remarks>
internal struct PictureRows<TResize> : IRowSource<PictureRows<TResize>>
    where TResize : struct, IResize
{
    // Columns begin a little to the left of the picture.
    private const int Bias = 1 << 14;

    private Pixel _p0;
    private Pixel _p1;
    private Pixel _p2;
    private Pixel _p3;
    private int _column;
    private int _channel;

    public static PictureRows<TResize> Begin(GemmShape shape, int row, int chunk, int atOnce)
    {
        PictureShape picture = shape.Picture;
        int tap = chunk / picture.Chunks, kernelRow = tap / picture.KernelWidth, column = tap - (kernelRow * picture.KernelWidth), channel = chunk - (tap * picture.Chunks);
        PictureRows<TResize> rows = new()
        {
            _p0 = Pixel.Of(shape, row, kernelRow, column, channel),
            _p1 = Pixel.Of(shape, row + atOnce, kernelRow, column, channel),
            _column = column,
            _channel = channel,
        };
        if (2 * atOnce < GemmTile.Rows)
        {
            rows._p2 = Pixel.Of(shape, row + (2 * atOnce), kernelRow, column, channel);
            rows._p3 = Pixel.Of(shape, row + (3 * atOnce), kernelRow, column, channel);
        }

        return rows;
    }

    public static void Copy<T>(GemmShape shape, PictureRows<TResize> state, int bytes, ArrayView<U4> source, ArrayView<U4> shared, int to, int atOnce)
        where T : struct, ITensorCores
    {
        int further = atOnce * GemmTile.Chunks;
        Pixel.Copy<T>(shape, state._p0, state._channel, bytes, source, shared, to, 0);
        Pixel.Copy<T>(shape, state._p1, state._channel, bytes, source, shared, to, further);
        if (2 * atOnce < GemmTile.Rows)
        {
            Pixel.Copy<T>(shape, state._p2, state._channel, bytes, source, shared, to, 2 * further);
            Pixel.Copy<T>(shape, state._p3, state._channel, bytes, source, shared, to, 3 * further);
        }
    }

    // Without branches: a mask of ones where the channels, then the kernel's columns, are at their end.
    public static PictureRows<TResize> Next(GemmShape shape, PictureRows<TResize> state, int atOnce)
    {
        PictureShape picture = shape.Picture;
        state._channel += GemmTile.Chunks;
        int nextColumn = ~DenseRows.Negative(state._channel - picture.Chunks);
        state._channel -= picture.Chunks & nextColumn;
        state._column -= nextColumn;
        int nextRow = ~DenseRows.Negative(state._column - picture.KernelWidth);
        int back = picture.KernelWidth & nextRow;
        state._column -= back;

        // In grid points: a column on, or a row on and the kernel's columns back.
        int place = (nextRow & (1 << 16)) - nextColumn - back;
        int chunks = TResize.IsNone ? GemmTile.Chunks - (picture.Chunks & nextColumn) + (((picture.Width & nextRow) - nextColumn - back) * shape.StrideA) : 0;
        state._p0 = Pixel.Plus(state._p0, place, chunks);
        state._p1 = Pixel.Plus(state._p1, place, chunks);
        if (2 * atOnce < GemmTile.Rows)
        {
            state._p2 = Pixel.Plus(state._p2, place, chunks);
            state._p3 = Pixel.Plus(state._p3, place, chunks);
        }

        return state;
    }

    /// <summary>Where the kernel's present grid point lies for a pixel of the result, in two registers.</summary>
    private struct Pixel
    {
        /// <summary>The source's chunk, though it may lie beside the picture; of a resized picture its image's first.</summary>
        public int At;

        /// <summary>The grid's row in the upper half, its column and <see cref="Bias"/> in the lower.</summary>
        public int Place;

        public static Pixel Of(GemmShape shape, int row, int kernelRow, int column, int chunk)
        {
            PictureShape picture = shape.Picture;
            int pixel = Math.Min(row, shape.M - 1);
            int pixels = picture.ResultHeight * picture.ResultWidth;
            int image = pixel / pixels;
            int resultRow = (pixel - (image * pixels)) / picture.ResultWidth;
            int resultColumn = pixel - (image * pixels) - (resultRow * picture.ResultWidth);
            int y = (resultRow * picture.Stride) - picture.Top + kernelRow, x = (resultColumn * picture.Stride) - picture.Left + column;
            int first = image * picture.Height * picture.Width;
            return new()
            {
                At = TResize.IsNone ? ((first + (y * picture.Width) + x) * shape.StrideA) + chunk : first * shape.StrideA,
                Place = (y << 16) + x + Bias,
            };
        }

        public static Pixel Plus(Pixel pixel, int place, int chunks) => new() { At = pixel.At + chunks, Place = pixel.Place + place };

        // Outside of the picture nothing is read.
        public static void Copy<T>(GemmShape shape, Pixel pixel, int channel, int bytes, ArrayView<U4> source, ArrayView<U4> shared, int to, int at)
            where T : struct, ITensorCores
        {
            PictureShape picture = shape.Picture;
            int y = pixel.Place >> 16, x = (pixel.Place & 0xFFFF) - Bias;
            int outside = DenseRows.Negative(y | (picture.LastRow - y) | x | (picture.LastColumn - x));
            int from = TResize.IsNone ? pixel.At : pixel.At + (((TResize.Source(y, picture.RowFactor) * picture.Width) + TResize.Source(x, picture.ColumnFactor)) * shape.StrideA) + channel;
            T.Copy(shared, to, at, source, from, bytes & ~outside);
        }
    }
}
