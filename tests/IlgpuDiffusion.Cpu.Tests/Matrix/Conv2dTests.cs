using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu.Tests.Matrix;

[TestClass]
public sealed class Conv2dTests
{
    private const double Tolerance = 4e-6;

    public required TestContext TestContext { get; init; }

    private static (bool Phases, ConvolutionMethod? Method)[] Ways => [(false, null), (true, null), (true, ConvolutionMethod.WinogradPhases)];

    [TestMethod]
    [DataRow(1, 5, 7, 4, 33, 3, 1, 1)]
    [DataRow(2, 8, 8, 160, 40, 3, 1, 1)]
    [DataRow(3, 9, 6, 9, 5, 3, 2, 1)]
    [DataRow(2, 7, 70, 3, 7, 3, 1, 1)]
    [DataRow(2, 6, 6, 130, 65, 1, 1, 0)]
    [DataRow(2, 7, 9, 20, 8, 1, 2, 0)]
    [DataRow(1, 9, 9, 6, 35, 5, 3, 2)]
    [DataRow(1, 40, 41, 5, 4, 3, 1, 1)]
    public void AgreesWithDoublePrecision(int batch, int height, int width, int channels, int outputs, int kernel, int stride, int padding)
    {
        using WorkerPool pool = new(2);
        ProductCase product = ProductCase.Convolution(new Shape(batch, height, width, channels), outputs, new Grid(kernel, kernel), stride, Padding.All(padding));
        Assert.IsLessThan(Tolerance, product.Error(product.Run(pool, gap: 2)));
    }

    [TestMethod]
    public void UnequalPaddingAndKernelSidesAgree()
    {
        using WorkerPool pool = new(2);
        foreach (Padding padding in (Padding[])[new(0, 0, 1, 1), new(2, 0, 1, 3), default])
        {
            ProductCase product = ProductCase.Convolution(new Shape(2, 8, 10, 12), 9, new Grid(3, 2), 2, padding);
            Assert.IsLessThan(Tolerance, product.Error(product.Run(pool)), $"{padding}");
        }
    }

    [TestMethod]
    public void ResizeInFrontAgrees()
    {
        using WorkerPool pool = new(2);
        foreach (Grid resize in (Grid[])[new(10, 12), new(9, 11), new(3, 4), new(5, 6)])
        {
            ProductCase product = ProductCase.Convolution(new Shape(2, 5, 6, 20), 34, new Grid(3, 3), 1, Padding.All(1), resize);
            Assert.IsLessThan(Tolerance, product.Error(product.Run(pool)), $"{resize}");
        }
    }

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

    [TestMethod]
    [DataRow(Prologue.ScaleShift)]
    [DataRow(Prologue.ScaleShiftSilu)]
    public void PaddingIsZeroAfterThePrologue(Prologue prologue)
    {
        using WorkerPool pool = new(2);
        foreach (int outputs in (int[])[40, 600])
        {
            ProductCase product = ProductCase.Convolution(new Shape(4, 5, 6, 36), outputs, new Grid(3, 3), 1, Padding.All(1), prologue: prologue, epilogue: new Epilogue(true, true, Residual: true), weights: ElementType.F16, scaleRows: 2, biasRows: 2);
            Assert.IsLessThan(Tolerance, product.Error(product.Run(pool, gap: 1)), $"{outputs}");
        }
    }

    [TestMethod]
    public void ThePointwiseConvolutionOfAResizedInputAgrees()
    {
        using WorkerPool pool = new(1);
        ProductCase product = ProductCase.Convolution(new Shape(2, 5, 6, 20), 34, new Grid(1, 1), 1, default, new Grid(7, 9), Prologue.ScaleShiftSilu, new Epilogue(Activation: Activation.Silu));
        Assert.IsLessThan(Tolerance, product.Error(product.Run(pool)));
    }
}
