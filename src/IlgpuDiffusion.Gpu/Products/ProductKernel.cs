using System.Runtime.CompilerServices;
using ILGPU;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

/// <summary>
/// The portable matrix product and convolution: an item computes 4 pixels of 4 channels. Sums are single precision, whatever input and result are. Inputs are added in blocks of 128 channels of one
/// tap with accumulators that start from 0; the blocks' sums are added in order.
/// </summary>
internal static class ProductKernel
{
    /// <summary>Pixels, and channels, of a tile.</summary>
    public const int Tile = 4;

    /// <summary>Tiles of a block, which share inputs and weights.</summary>
    public const int BlockTiles = 64;

    private const int Depth = 128;

    /// <summary>Computes one tile an item. Operands that are not there are any view.</summary>
    /// <param name="p">The sizes.</param>
    /// <param name="x">The input.</param>
    /// <param name="weight">The weight.</param>
    /// <param name="bias">Per output.</param>
    /// <param name="rowBias">Per image and output.</param>
    /// <param name="residual">Added last.</param>
    /// <param name="y">The result.</param>
    [Kernel(typeof(float), typeof(Float32Format), EveryFormat = true)]
    [Kernel(typeof(ushort), typeof(Float16Format), typeof(ushort), typeof(Float16Format))]
    [Kernel(typeof(ushort), typeof(CudaFloat16Format), typeof(ushort), typeof(CudaFloat16Format))]
    [Kernel(typeof(ushort), typeof(BFloat16Format), typeof(ushort), typeof(BFloat16Format))]
    public static void Run<TElement, TFormat, TWeightElement, TWeight>(
        ProductShape p, ArrayView<TElement> x, ArrayView<TWeightElement> weight, ArrayView<float> bias, ArrayView<float> rowBias, ArrayView<TElement> residual, ArrayView<TElement> y)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
        where TWeightElement : unmanaged
        where TWeight : struct, IWeightFormat<TWeightElement>
    {
        int item = WorkItem.Index;
        int block = item / BlockTiles, tile = item % BlockTiles;
        int column = (((block % p.Blocks) * p.BlockColumns) + (tile % p.BlockColumns)) * Tile;
        int row = (((block / p.Blocks) * (BlockTiles / p.BlockColumns)) + (tile / p.BlockColumns)) * Tile;
        if (row >= p.Rows || column >= p.Columns)
        {
            return;
        }

        ProductSums sums = Sum<TElement, TFormat, TWeightElement, TWeight>(p, x, weight, row, column, 0), gates = sums;
        if (p.Gated != 0)
        {
            gates = Sum<TElement, TFormat, TWeightElement, TWeight>(p, x, weight, row, column, p.Columns);
        }

        for (int i = 0; i < Tile * Tile; i++)
        {
            int pixel = row + (i / Tile), n = column + (i % Tile);
            if (pixel < p.Rows && n < p.Columns)
            {
                float value = Biased(p, bias, rowBias, sums.At(i), pixel, n);
                if (p.Gated != 0)
                {
                    value *= Activate(p.Activation, Biased(p, bias, rowBias, gates.At(i), pixel, n + p.Columns));
                }
                else
                {
                    value = Activate(p.Activation, value);
                }

                if (p.Residual != 0)
                {
                    value += TFormat.Widen(residual[((long)pixel * p.ResidualStride) + n]);
                }

                y[((long)pixel * p.YStride) + n] = TFormat.Narrow(value);
            }
        }
    }

    private static float Activate(int activation, float x)
    {
        if (activation == (int)Activation.Silu)
        {
            return Silu.Of(x);
        }

        if (activation == (int)Activation.Gelu)
        {
            return Gelu.Of(x);
        }

        if (activation == (int)Activation.GeluTanh)
        {
            return GeluTanh.Of(x);
        }

        if (activation == (int)Activation.Relu)
        {
            return Relu.Of(x);
        }

        return activation == (int)Activation.QuickGelu ? QuickGelu.Of(x) : x;
    }

    private static float Biased(ProductShape p, ArrayView<float> bias, ArrayView<float> rowBias, float value, int pixel, int n)
    {
        if (p.Bias != 0)
        {
            value += bias[n];
        }

        if (p.RowBiasPixels != 0)
        {
            value += rowBias[((long)(pixel / p.RowBiasPixels) * p.RowBiasStride) + n];
        }

        return value;
    }

    // Pixels and channels past the end repeat the last one, so that every read is good and the loop has no branch. Sums have names rather than a struct, here and in
    // AttentionTile: .NET keeps a struct that a loop changes in memory, which takes 1.8 times as long.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ProductSums Sum<TElement, TFormat, TWeightElement, TWeight>(
        ProductShape p, ArrayView<TElement> x, ArrayView<TWeightElement> weight, int row, int column, int shift)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
        where TWeightElement : unmanaged
        where TWeight : struct, IWeightFormat<TWeightElement>
    {
        int last = p.Rows - 1;
        int p0 = row, p1 = row + 1 < last ? row + 1 : last, p2 = row + 2 < last ? row + 2 : last, p3 = row + 3 < last ? row + 3 : last;
        int end = p.Columns - 1;
        long w0 = (long)(column + shift) * p.WeightOutput;
        long w1 = (long)((column + 1 < end ? column + 1 : end) + shift) * p.WeightOutput;
        long w2 = (long)((column + 2 < end ? column + 2 : end) + shift) * p.WeightOutput;
        long w3 = (long)((column + 3 < end ? column + 3 : end) + shift) * p.WeightOutput;
        float t00 = 0f, t01 = 0f, t02 = 0f, t03 = 0f, t10 = 0f, t11 = 0f, t12 = 0f, t13 = 0f;
        float t20 = 0f, t21 = 0f, t22 = 0f, t23 = 0f, t30 = 0f, t31 = 0f, t32 = 0f, t33 = 0f;
        int taps = p.KernelHeight * p.KernelWidth;
        for (int tap = 0; tap < taps; tap++)
        {
            int ky = tap / p.KernelWidth, kx = tap % p.KernelWidth;
            long s0 = Source(p, p0, ky, kx), s1 = Source(p, p1, ky, kx), s2 = Source(p, p2, ky, kx), s3 = Source(p, p3, ky, kx);

            // A pixel outside is read somewhere inside, and its sums are left out.
            long x0 = s0 < 0 ? 0 : s0, x1 = s1 < 0 ? 0 : s1, x2 = s2 < 0 ? 0 : s2, x3 = s3 < 0 ? 0 : s3;
            long j = (long)tap * p.WeightTap;
            for (int first = 0; first < p.Inputs; first += Depth)
            {
                int stop = first + Depth < p.Inputs ? first + Depth : p.Inputs;
                float c00 = 0f, c01 = 0f, c02 = 0f, c03 = 0f, c10 = 0f, c11 = 0f, c12 = 0f, c13 = 0f;
                float c20 = 0f, c21 = 0f, c22 = 0f, c23 = 0f, c30 = 0f, c31 = 0f, c32 = 0f, c33 = 0f;
                for (int c = first; c < stop; c++)
                {
                    float b0 = TWeight.Widen(weight[w0 + j]), b1 = TWeight.Widen(weight[w1 + j]);
                    float b2 = TWeight.Widen(weight[w2 + j]), b3 = TWeight.Widen(weight[w3 + j]);
                    j += p.WeightInput;
                    float a = TFormat.Widen(x[x0 + c]);
                    c00 += a * b0;
                    c01 += a * b1;
                    c02 += a * b2;
                    c03 += a * b3;
                    a = TFormat.Widen(x[x1 + c]);
                    c10 += a * b0;
                    c11 += a * b1;
                    c12 += a * b2;
                    c13 += a * b3;
                    a = TFormat.Widen(x[x2 + c]);
                    c20 += a * b0;
                    c21 += a * b1;
                    c22 += a * b2;
                    c23 += a * b3;
                    a = TFormat.Widen(x[x3 + c]);
                    c30 += a * b0;
                    c31 += a * b1;
                    c32 += a * b2;
                    c33 += a * b3;
                }

                if (s0 >= 0)
                {
                    t00 += c00;
                    t01 += c01;
                    t02 += c02;
                    t03 += c03;
                }

                if (s1 >= 0)
                {
                    t10 += c10;
                    t11 += c11;
                    t12 += c12;
                    t13 += c13;
                }

                if (s2 >= 0)
                {
                    t20 += c20;
                    t21 += c21;
                    t22 += c22;
                    t23 += c23;
                }

                if (s3 >= 0)
                {
                    t30 += c30;
                    t31 += c31;
                    t32 += c32;
                    t33 += c33;
                }
            }
        }

        return new ProductSums
        {
            First = new() { X = t00, Y = t01, Z = t02, W = t03 },
            Second = new() { X = t10, Y = t11, Z = t12, W = t13 },
            Third = new() { X = t20, Y = t21, Z = t22, W = t23 },
            Fourth = new() { X = t30, Y = t31, Z = t32, W = t33 },
        };
    }

    /// <summary>Where a tap reads for a pixel of the result: an element of the input, or −1 outside.</summary>
    private static long Source(ProductShape p, int pixel, int ky, int kx)
    {
        int line = pixel / p.Width;
        int gridY = ((line % p.Height) * p.Stride) + ky - p.Top, gridX = ((pixel % p.Width) * p.Stride) + kx - p.Left;
        if (gridY < 0 || gridY >= p.GridHeight || gridX < 0 || gridX >= p.GridWidth)
        {
            return -1;
        }

        int sourceY = p.GridHeight == p.SourceHeight ? gridY : (int)((long)gridY * p.SourceHeight / p.GridHeight);
        int sourceX = p.GridWidth == p.SourceWidth ? gridX : (int)((long)gridX * p.SourceWidth / p.GridWidth);
        long at = (((long)(line / p.Height) * p.SourceHeight) + sourceY) * p.SourceWidth;
        return (at + sourceX) * p.XStride;
    }
}
