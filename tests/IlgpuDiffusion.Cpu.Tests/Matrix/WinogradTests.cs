using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cpu.Tests.Matrix;

/// <summary>Convolutions by tiles.</summary>
[TestClass]
internal sealed class WinogradTests
{
    public required TestContext TestContext { get; init; }

    private static IEnumerable<object[]> Cases
    {
        get
        {
            foreach (ConvolutionMethod method in (ConvolutionMethod[])[ConvolutionMethod.Winograd2, ConvolutionMethod.Winograd4])
            {
                yield return [method, 1, 1, 1, 3, 5];
                yield return [method, 1, 2, 3, 7, 33];
                yield return [method, 1, 5, 7, 4, 33];
                yield return [method, 2, 8, 8, 160, 40];
                yield return [method, 3, 4, 9, 129, 32];
                yield return [method, 2, 7, 70, 20, 7];
                yield return [method, 1, 40, 41, 5, 4];
                yield return [method, 5, 16, 16, 300, 70];
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void AgreesWithDoublePrecision(ConvolutionMethod method, int batch, int height, int width, int channels, int outputs)
    {
        using WorkerPool pool = new(2);
        ProductCase product = ProductCase.Convolution(new Shape(batch, height, width, channels), outputs, new Grid(3, 3), 1, Padding.All(1), method: method);
        AssertSmall(method, product.Error(product.Run(pool, gap: 2)));
    }

    [TestMethod]
    [DataRow(ConvolutionMethod.Winograd2)]
    [DataRow(ConvolutionMethod.Winograd4)]
    public void AnyPaddingAgrees(ConvolutionMethod method)
    {
        using WorkerPool pool = new(2);
        foreach (Padding padding in (Padding[])[new(0, 0, 1, 1), new(2, 0, 1, 3), default, Padding.All(4)])
        {
            ProductCase product = ProductCase.Convolution(new Shape(2, 8, 10, 12), 9, new Grid(3, 3), 1, padding, method: method);
            AssertSmall(method, product.Error(product.Run(pool)));
        }
    }

    [TestMethod]
    [DataRow(ConvolutionMethod.Winograd2)]
    [DataRow(ConvolutionMethod.Winograd4)]
    public void ResizeInFrontAgrees(ConvolutionMethod method)
    {
        using WorkerPool pool = new(2);
        foreach (Grid resize in (Grid[])[new(10, 12), new(9, 11), new(3, 4), new(5, 6)])
        {
            ProductCase product = ProductCase.Convolution(new Shape(2, 5, 6, 20), 34, new Grid(3, 3), 1, Padding.All(1), resize, method: method);
            AssertSmall(method, product.Error(product.Run(pool)));
        }
    }

    [TestMethod]
    [DataRow(ConvolutionMethod.Winograd2, Prologue.ScaleShift, ElementType.F16)]
    [DataRow(ConvolutionMethod.Winograd4, Prologue.ScaleShift, ElementType.F32)]
    [DataRow(ConvolutionMethod.Winograd2, Prologue.ScaleShiftSilu, ElementType.BF16)]
    [DataRow(ConvolutionMethod.Winograd4, Prologue.ScaleShiftSilu, ElementType.F16)]
    public void PaddingIsZeroAfterThePrologueAndTheEpilogueFollows(ConvolutionMethod method, Prologue prologue, ElementType type)
    {
        using WorkerPool pool = new(2);
        foreach (Activation activation in (Activation[])[Activation.None, Activation.Silu])
        {
            ProductCase product = ProductCase.Convolution(new Shape(4, 5, 6, 36), 40, new Grid(3, 3), 1, Padding.All(1), prologue: prologue, epilogue: new Epilogue(true, true, activation, Residual: true), weights: type, scaleRows: 2, biasRows: 2, method: method);
            AssertSmall(method, product.Error(product.Run(pool, gap: 1)));
            AssertSmall(method, product.Error(product.Run(pool, packed: false)));
        }
    }

    /// <summary>Layers of Stable Diffusion 1.5 and its VAE, behind their norm and SiLU; a part of the outputs.</summary>
    [TestMethod]
    [DataRow(320, 24)]
    [DataRow(640, 16)]
    [DataRow(1280, 16)]
    [DataRow(2560, 8)]
    [DataRow(512, 16)]
    public void RealLayersAreAccurate(int channels, int side)
    {
        using WorkerPool pool = new(2);
        double[] errors = new double[3];
        foreach (ConvolutionMethod method in (ConvolutionMethod[])[ConvolutionMethod.Direct, ConvolutionMethod.Winograd2, ConvolutionMethod.Winograd4])
        {
            ProductCase product = ProductCase.Convolution(new Shape(1, side, side, channels), 16, new Grid(3, 3), 1, Padding.All(1), prologue: Prologue.ScaleShiftSilu, epilogue: new Epilogue(Bias: true), weights: ElementType.F16, method: method);
            errors[(int)method] = product.Error(product.Run(pool));
            TestContext.WriteLine($"{channels} inputs at {side}², {method}: {errors[(int)method]:E2}");
        }

        Assert.IsLessThan(2e-6, errors[0]);
        Assert.IsLessThan(2e-6, errors[1]);
        Assert.IsLessThan(8e-6, errors[2]);
    }

    private void AssertSmall(ConvolutionMethod method, double error)
    {
        TestContext.WriteLine($"{error:E2}");
        Assert.IsLessThan(method == ConvolutionMethod.Winograd4 ? 1.2e-5 : 4e-6, error);
    }
}
