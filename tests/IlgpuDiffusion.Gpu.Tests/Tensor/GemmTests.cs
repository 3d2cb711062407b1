using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Gpu.Tests.Conformance;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu.Tests.Tensor;

/// <summary>Products on emulated tensor cores against sums in 64 bits.</summary>
[TestClass]
public sealed class GemmTests
{
    [TestMethod]
    [DataRow(1, 1, 1, DisplayName = "one number")]
    [DataRow(128, 128, 32, DisplayName = "a tile")]
    [DataRow(77, 65, 97, DisplayName = "everything ragged")]
    [DataRow(130, 132, 40, DisplayName = "four tiles, three of them nearly empty")]
    public void AProductOfBFloatsIsTheirSum(int m, int n, int k) => Check<BFloat16, WarpTile64, Output32>(new(m, n, k), Float, 2e-6);

    [TestMethod]
    [DataRow(70, 160, 64)]
    [DataRow(5, 163, 7)]
    public void ATileIs160ColumnsWideToo(int m, int n, int k) => Check<BFloat16, WarpTile80, Output32>(new(m, n, k), Float, 2e-6);

    [TestMethod]
    public void AProductOfHalvesIsRoundedOnce() => Check<Float16, WarpTile64, Output16<Float16>>(new(66, 36, 72), Half, 1.05 * Numbers16<Float16>.Rounding);

    [TestMethod]
    public void AResultOfBFloatsIsRoundedOnce() => Check<BFloat16, WarpTile64, Output16<BFloat16>>(new(3, 37, 16), Brain, 1.05 * Numbers16<BFloat16>.Rounding);

    [TestMethod]
    [DataRow(Activation.Silu)]
    [DataRow(Activation.Gelu)]
    [DataRow(Activation.QuickGelu)]
    public void BiasRowBiasActivationAndResidualFollow(Activation activation) =>
        Check<BFloat16, WarpTile64, Output32>(new(12, 70, 24) { Bias = true, RowsPerRowBias = 4, Activation = activation, Residual = true }, Float, 4e-6);

    [TestMethod]
    public void AHalfResidualIsAddedToAHalfResult() => Check<Float16, WarpTile64, Output16<Float16>>(new(9, 20, 16) { Residual = true }, Half, 1.05 * Numbers16<Float16>.Rounding);

    [TestMethod]
    [DataRow(136, DisplayName = "two tiles")]
    [DataRow(10, DisplayName = "an odd number of outputs")]
    public void ValuesAreGatedByTheSecondHalf(int n) =>
        Check<BFloat16, WarpTile64, Output32>(new(6, n, 48) { Bias = true, Gated = true, Activation = Activation.Gelu, Residual = true }, Float, 4e-6);

    [TestMethod]
    public void AWideTileIsGatedToo() => Check<BFloat16, WarpTile80, Output32>(new(6, 184, 16) { Bias = true, Gated = true, Activation = Activation.Silu }, Float, 4e-6);

    private static float[] Float(uint[] words, int count) => [.. words.Take(count).Select(BitConverter.UInt32BitsToSingle)];

    private static float[] Half(uint[] words, int count) => Numbers16<Float16>.Numbers(words, count);

    private static float[] Brain(uint[] words, int count) => Numbers16<BFloat16>.Numbers(words, count);

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
            lab.Stream, Launches.Emulated<TNumber>(new(shape.TilesM * shape.TilesN, 1, 1), GemmTile.Threads, GemmTile.SharedBytes(2 * TTile.Columns)), shape, left.View, right.View, extras, result.View);
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
