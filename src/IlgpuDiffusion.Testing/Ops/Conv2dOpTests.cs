using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Testing;

/// <summary>What the convolution of every device must do.</summary>
internal abstract class Conv2dOpTests
{
    /// <summary>The largest |difference| / (1 + |expected|).</summary>
    protected virtual double Tolerance => 4e-6;

    /// <summary>The type of activations.</summary>
    protected virtual ElementType Type => ElementType.F32;

    // A prologue's numbers that fall to the other side of a step move a result less than its own rounding does.
    private double Bound => Tolerance + (2 * StorageTypes.HalfStep(Type));

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
        using Device device = Open();
        ProductCase product = ProductCase.Convolution(new Shape(batch, height, width, channels), outputs, new Grid(kernel, kernel), stride, Padding.All(padding), type: Type);
        Assert.IsLessThan(Bound, product.Error(product.Run(device, gap: 2)));
    }

    [TestMethod]
    public void UnequalPaddingAndKernelSidesAgree()
    {
        using Device device = Open();
        foreach (Padding padding in (Padding[])[new(0, 0, 1, 1), new(2, 0, 1, 3), default])
        {
            ProductCase product = ProductCase.Convolution(new Shape(2, 8, 10, 12), 9, new Grid(3, 2), 2, padding, type: Type);
            Assert.IsLessThan(Bound, product.Error(product.Run(device)), $"{padding}");
        }
    }

    [TestMethod]
    public void ResizeInFrontAgrees()
    {
        using Device device = Open();
        foreach (Grid resize in (Grid[])[new(10, 12), new(9, 11), new(3, 4), new(5, 6)])
        {
            ProductCase product = ProductCase.Convolution(new Shape(2, 5, 6, 20), 34, new Grid(3, 3), 1, Padding.All(1), resize, type: Type);
            Assert.IsLessThan(Bound, product.Error(product.Run(device)), $"{resize}");
        }
    }

    [TestMethod]
    [DataRow(Prologue.ScaleShift)]
    [DataRow(Prologue.ScaleShiftSilu)]
    public void PaddingIsZeroAfterThePrologue(Prologue prologue)
    {
        using Device device = Open();
        foreach (int outputs in (int[])[40, 600])
        {
            ProductCase product = ProductCase.Convolution(new Shape(4, 5, 6, 36), outputs, new Grid(3, 3), 1, Padding.All(1), prologue: prologue, epilogue: new Epilogue(true, true, Residual: true), weights: ElementType.F16, scaleRows: 2, biasRows: 2, type: Type);
            Assert.IsLessThan(Bound, product.Error(product.Run(device, gap: 1)), $"{outputs}");
        }
    }

    [TestMethod]
    public void ThePointwiseConvolutionOfAResizedInputAgrees()
    {
        using Device device = Open();
        ProductCase product = ProductCase.Convolution(new Shape(2, 5, 6, 20), 34, new Grid(1, 1), 1, default, new Grid(7, 9), Prologue.ScaleShiftSilu, new Epilogue(Activation: Activation.Silu), type: Type);
        Assert.IsLessThan(Bound, product.Error(product.Run(device)));
    }

    /// <summary>Starts the device.</summary>
    protected abstract Device Open();
}
