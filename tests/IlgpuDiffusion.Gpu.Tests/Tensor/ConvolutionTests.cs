using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Gpu.Tests.Conformance;

namespace IlgpuDiffusion.Gpu.Tests.Tensor;

/// <summary>The emulation of tensor cores on ILGPU's CPU accelerator, a tile: a convolution against sums in 64 bits. Others run as CUDA's code, instruction by instruction.</summary>
[TestClass]
public sealed class ConvolutionTests
{
    [TestMethod]
    public void AResizeComesInFront() => Check<WarpTile80, NearestResize>(1, (2, 3), (4, 5), 40, 7, 3, 1, 1);

    private static void Check<TTile, TResize>(int batch, (int Height, int Width) stored, (int Height, int Width) grid, int channels, int outputs, int kernel, int stride, int padding)
        where TTile : struct, IWarpTile<TTile>
        where TResize : struct, IResize
    {
        int height = ((grid.Height + (2 * padding) - kernel) / stride) + 1;
        int width = ((grid.Width + (2 * padding) - kernel) / stride) + 1;
        int k = kernel * kernel * channels;
        int pixels = batch * stored.Height * stored.Width;
        float[] x = Numbers16<BFloat16>.Random(1, pixels * channels);
        float[] w = Numbers16<BFloat16>.Random(2, outputs * k);
        GemmShape shape = new GemmCase(batch * height * width, outputs, k).Shape(k / 8, 2 * TTile.Columns);
        shape.StrideA = channels / 8;
        shape.Picture = new()
        {
            Height = stored.Height,
            Width = stored.Width,
            GridHeight = grid.Height,
            GridWidth = grid.Width,
            ResultHeight = height,
            ResultWidth = width,
            Chunks = channels / 8,
            KernelWidth = kernel,
            Stride = stride,
            Top = padding,
            Left = padding,
            RowFactor = PictureShape.Factor(stored.Height, grid.Height),
            ColumnFactor = PictureShape.Factor(stored.Width, grid.Width),
        };
        using Lab lab = new();
        using MemoryBuffer1D<U4, Stride1D.Dense> picture = lab.Accelerator.Allocate1D(Numbers16<BFloat16>.Chunks(x, pixels, channels, channels / 8));
        using MemoryBuffer1D<U4, Stride1D.Dense> weight = lab.Accelerator.Allocate1D(Numbers16<BFloat16>.Chunks(w, outputs, k, k / 8));
        using MemoryBuffer1D<uint, Stride1D.Dense> result = lab.Accelerator.Allocate1D<uint>(shape.M * outputs);
        using MemoryBuffer1D<float, Stride1D.Dense> none = lab.Accelerator.Allocate1D<float>(1);
        GemmExtras extras = new() { Bias = none.View.BaseView, RowBias = none.View.BaseView, Residual = result.View.BaseView };
        lab.Accelerator.LoadKernel<GemmShape, ArrayView<U4>, ArrayView<U4>, GemmExtras, ArrayView<uint>>(GemmKernel.Convolution<EmulatedTensorCores<BFloat16>, TTile, Output32, TResize>)(
            lab.Stream, Launches.Emulated<BFloat16>(new(shape.TilesM * shape.TilesN, 1, 1), GemmTile.Threads(TTile.Rows), GemmTile.SharedBytes(2 * TTile.Columns)), shape, picture.View, weight.View, extras, result.View);
        lab.Accelerator.Synchronize();
        uint[] got = result.GetAsArray1D();
        for (int i = 0; i < got.Length; i++)
        {
            (int pixel, int output) = (i / outputs, i % outputs);
            (int image, int row, int column) = (pixel / (height * width), pixel / width % height, pixel % width);
            double sum = 0;
            for (int tap = 0; tap < kernel * kernel; tap++)
            {
                (int y, int at) = ((row * stride) + (tap / kernel) - padding, (column * stride) + (tap % kernel) - padding);
                if (y >= 0 && y < grid.Height && at >= 0 && at < grid.Width)
                {
                    int from = (((image * stored.Height) + (y * stored.Height / grid.Height)) * stored.Width) + (at * stored.Width / grid.Width);
                    for (int channel = 0; channel < channels; channel++)
                    {
                        sum += (double)x[(from * channels) + channel] * w[(output * k) + (tap * channels) + channel];
                    }
                }
            }

            Assert.AreEqual(sum, BitConverter.UInt32BitsToSingle(got[i]), 2e-6 * Math.Sqrt(k), $"pixel {pixel}, output {output}");
        }
    }
}
