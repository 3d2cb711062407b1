using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cpu.Tests.Matrix;

[TestClass]
internal sealed class Conv2dTests : Conv2dOpTests
{
    public required TestContext TestContext { get; init; }

    private static (bool Phases, ConvolutionMethod? Method)[] Ways => [(false, null), (true, null), (true, ConvolutionMethod.WinogradPhases)];

    [TestMethod]
    [DataRow(1, 1, 1, 3, 5, ElementType.F32)]
    [DataRow(2, 7, 7, 20, 34, ElementType.F32)]
    [DataRow(3, 1, 65, 130, 33, ElementType.F16)]
    [DataRow(1, 65, 7, 7, 1, ElementType.BF16)]
    [DataRow(2, 16, 16, 260, 40, ElementType.F16)]
    [DataRow(1, 5, 140, 9, 360, ElementType.BF16)]
    public void ADoubledPictureAgrees(int batch, int height, int width, int channels, int outputs, ElementType weights)
    {
        using WorkerPool pool = new(2);
        foreach ((bool phases, ConvolutionMethod? method) in Ways)
        {
            ProductCase product = ProductCase.Convolution(new Shape(batch, height, width, channels), outputs, new Grid(3, 3), 1, Padding.All(1), new Grid(2 * height, 2 * width), epilogue: new Epilogue(true), weights: weights, method: method, phases: phases);
            double error = product.Error(product.Run(pool, gap: 3));
            TestContext.WriteLine($"measured {method}, phases {phases}: {error:E2}");
            Assert.IsLessThan(Tolerance, error, $"{method}, phases {phases}");
        }
    }

    [TestMethod]
    public void ADoubledPictureHasPrologueAndEpilogue()
    {
        using WorkerPool pool = new(3);
        foreach ((bool phases, ConvolutionMethod? method) in Ways)
        {
            foreach (int outputs in (int[])[40, 700])
            {
                ProductCase product = ProductCase.Convolution(
                    new Shape(4, 6, 5, 36), outputs, new Grid(3, 3), 1, Padding.All(1), new Grid(12, 10), Prologue.ScaleShiftSilu, new Epilogue(true, true, Activation.Silu, Residual: true), ElementType.F16, scaleRows: 2, biasRows: 2, method: method, phases: phases);
                Assert.IsLessThan(Tolerance, product.Error(product.Run(pool, gap: 1)), $"{outputs}, {method}, phases {phases}");
                Assert.IsLessThan(Tolerance, product.Error(product.Run(pool, packed: false)), $"{outputs}, {method}, phases {phases}, not packed");
            }
        }
    }

    /// <inheritdoc/>
    protected override Device Open() => new CpuDevice(new CpuDeviceOptions { Threads = 2 });
}
