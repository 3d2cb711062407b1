using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Gpu.Tests.Conformance;

namespace IlgpuDiffusion.Gpu.Tests.Tensor;

/// <summary>The emulation of tensor cores on ILGPU's CPU accelerator, a tile: a product against sums in 64 bits. Other shapes run as CUDA's code, instruction by instruction.</summary>
[TestClass]
internal sealed class GemmTests
{
    [TestMethod]
    public void AProductOfHalvesIsRoundedOnce() => Check<Float16, WarpTile64, Output16<Float16>>(new(66, 36, 40) { Bias = true }, Half, 1.05 * Numbers16<Float16>.Rounding);

    private static float[] Half(uint[] words, int count) => Numbers16<Float16>.Numbers(words, count);

    private static void Check<TNumber, TTile, TFormat>(GemmCase gemm, Func<uint[], int, float[]> read, double tolerance)
        where TNumber : struct, INumber16
        where TTile : struct, IWarpTile<TTile>
        where TFormat : struct, IOutputFormat
    {
        (int m, int n, int k) = (gemm.M, gemm.N, gemm.K);
        int stride = ((k + 7) / 8) + 1;
        bool is16 = typeof(TFormat) != typeof(Output32);
        float[] a = Numbers16<TNumber>.Random(1, m * k);
        float[] w = Numbers16<TNumber>.Random(2, n * k);
        float[] bias = Numbers16<TNumber>.Random(3, n);
        float[] rowBias = Numbers16<TNumber>.Random(4, m * n);
        float[] residual = Numbers16<TNumber>.Random(5, m * gemm.Outputs);
        GemmShape shape = gemm.Shape(stride, 2 * TTile.Columns);
        using Lab lab = new();
        using MemoryBuffer1D<U4, Stride1D.Dense> left = lab.Accelerator.Allocate1D(Numbers16<TNumber>.Chunks(a, m, k, stride));
        using MemoryBuffer1D<U4, Stride1D.Dense> right = lab.Accelerator.Allocate1D(Numbers16<TNumber>.Chunks(w, n, k, stride));
        using MemoryBuffer1D<float, Stride1D.Dense> added = lab.Accelerator.Allocate1D(bias);
        using MemoryBuffer1D<float, Stride1D.Dense> addedRows = lab.Accelerator.Allocate1D(rowBias);
        using MemoryBuffer1D<uint, Stride1D.Dense> rest = lab.Accelerator.Allocate1D(is16 ? Numbers16<TNumber>.Words(residual) : [.. residual.Select(BitConverter.SingleToUInt32Bits)]);
        using MemoryBuffer1D<uint, Stride1D.Dense> result = lab.Accelerator.Allocate1D<uint>(residual.Length);
        GemmExtras extras = new() { Bias = added.View.BaseView, RowBias = addedRows.View.BaseView, Residual = rest.View.BaseView };
        lab.Accelerator.LoadKernel<GemmShape, ArrayView<U4>, ArrayView<U4>, GemmExtras, ArrayView<uint>>(GemmKernel.Dense<EmulatedTensorCores<TNumber>, TTile, TFormat>)(
            lab.Stream, Launches.Emulated<TNumber>(new(shape.TilesM * shape.TilesN, 1, 1), GemmTile.Threads(TTile.Rows), GemmTile.SharedBytes(2 * TTile.Columns)), shape, left.View, right.View, extras, result.View);
        lab.Accelerator.Synchronize();
        float[] got = read(result.GetAsArray1D(), residual.Length);
        for (int row = 0; row < m; row++)
        {
            for (int column = 0; column < gemm.Outputs; column++)
            {
                double exact = gemm.Exact(row, column, Sum, bias, rowBias, residual, out double scale);
                Assert.AreEqual(exact, got[(row * gemm.Outputs) + column], tolerance * scale, $"row {row}, column {column}");

                double Sum(int output)
                {
                    double sum = 0;
                    for (int i = 0; i < k; i++)
                    {
                        sum += (double)a[(row * k) + i] * w[(output * k) + i];
                    }

                    return sum;
                }
            }
        }
    }
}
