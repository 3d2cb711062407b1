using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Testing.Ptx;

namespace IlgpuDiffusion.Gpu.Tests.Blocks;

/// <summary>Products in single precision by the kernel that shares memory, its code run instruction by instruction, against double precision.</summary>
[TestClass]
internal sealed class BlockProductTests
{
    /// <summary>A device whose products in single precision take it.</summary>
    public static GpuDevice Open() => PtxRunner.Open();

    [TestMethod]
    [DataRow(1, 1, 1)]
    [DataRow(7, 65, 77)]
    [DataRow(77, 40, 65)]
    public void OddSizesAgree(int rows, int inputs, int outputs) => Check(ProductCase.Linear(new Shape(1, 1, rows, inputs), outputs));

    [TestMethod]
    [DataRow(ElementType.F32)]
    [DataRow(ElementType.F16)]
    [DataRow(ElementType.BF16)]
    public void EveryWeightTypeAgrees(ElementType type) => Check(ProductCase.Convolution(new Shape(2, 4, 5, 12), 9, new Grid(3, 3), 1, Padding.All(1), weights: type));

    [TestMethod]
    [DataRow(Prologue.ScaleShift, Activation.None)]
    [DataRow(Prologue.ScaleShiftSilu, Activation.Silu)]
    [DataRow(Prologue.LayerNorm, Activation.QuickGelu)]
    [DataRow(Prologue.None, Activation.GeluTanh)]
    public void PrologueAndEpilogueAgree(Prologue prologue, Activation activation) =>
        Check(ProductCase.Linear(new Shape(4, 1, 3, 13), 21, prologue, new Epilogue(true, true, activation, Residual: true), scaleRows: 2, biasRows: 2));

    [TestMethod]
    [DataRow(2, 7, 6, 9, 5, 3, 2, 1, DisplayName = "channels that no quad divides, stride 2")]
    [DataRow(1, 5, 7, 4, 33, 3, 1, 1, DisplayName = "two taps in eight numbers of K")]
    [DataRow(1, 9, 9, 6, 12, 5, 3, 2, DisplayName = "5×5, stride 3")]
    [DataRow(1, 4, 4, 16, 3, 1, 1, 0, DisplayName = "1×1")]
    public void ConvolutionsAgree(int batch, int height, int width, int channels, int outputs, int kernel, int stride, int padding) =>
        Check(ProductCase.Convolution(new Shape(batch, height, width, channels), outputs, new Grid(kernel, kernel), stride, Padding.All(padding)));

    [TestMethod]
    [DataRow(6, 10)]
    [DataRow(5, 5)]
    [DataRow(2, 13)]
    public void ResizesAgree(int height, int width) =>
        Check(ProductCase.Convolution(new Shape(1, 3, 5, 8), 6, new Grid(3, 3), 1, Padding.All(1), new Grid(height, width)));

    [TestMethod]
    public void OperandsMayLieApart()
    {
        ProductCase product = ProductCase.Linear(new Shape(2, 1, 5, 12), 20, epilogue: new Epilogue(true, true, Residual: true), biasRows: 2);
        using GpuDevice device = Open();
        foreach (int gap in (int[])[1, 4])
        {
            Assert.IsLessThan(4e-6, product.Error(product.Run(device, gap)));
        }
    }

    [TestMethod]
    public void AnUnpackedWeightGivesTheSameBits()
    {
        ProductCase product = ProductCase.Convolution(new Shape(1, 4, 3, 5), 6, new Grid(3, 2), 1, Padding.All(1));
        using GpuDevice device = Open();
        CollectionAssert.AreEqual(product.Run(device), product.Run(device, packed: false));
    }

    [TestMethod]
    public void AllOfABlockAndItsNeighboursAreComputed()
    {
        using GpuDevice device = Open();
        ProductCase product = ProductCase.Linear(new Shape(1, 1, 133, 20), 139, epilogue: new Epilogue(true, Activation: Activation.Silu, Residual: true));
        Assert.IsLessThan(4e-6, product.Error(product.Run(device)));
        product = ProductCase.Linear(new Shape(1, 1, 130, 20), 276, epilogue: new Epilogue(true, Activation: Activation.Gelu, Gated: true));
        Assert.IsLessThan(4e-6, product.Error(product.Run(device)));
    }

    [TestMethod]
    public void TheNumberOfRowsDoesNotChangeTheBitsOfARow()
    {
        const int inputs = 36, outputs = 9;
        using GpuDevice device = Open();
        Operand x = Operand.Random(new Shape(1, 1, 131, inputs), 1), weight = Operand.Random(Shape.Matrix(outputs, inputs), 2);
        float[] all = DeviceRunner.Run(device, new Linear(), [x, weight]);
        foreach (int rows in (int[])[1, 2, 65])
        {
            int first = 131 - rows;
            Operand part = new(new Shape(1, 1, rows, inputs), x.Floats[(first * inputs)..].ToArray());
            CollectionAssert.AreEqual(all[(first * outputs)..], DeviceRunner.Run(device, new Linear(), [part, weight]), $"{rows} rows");
        }
    }

    [TestMethod]
    public void OtherDevicesTakeThePortableKernel()
    {
        TensorType[] types = [new(new Shape(1, 1, 4, 16)), new(Shape.Matrix(8, 16))];
        using GpuDevice device = Open(), plain = GpuDevice.Open(GpuKind.IlgpuCpu);
        Assert.IsInstanceOfType<BlockProduct>(device.Prepare(new Linear(), new Operands(types, [new TensorType(new Shape(1, 1, 4, 8))])));
        Assert.IsInstanceOfType<PortableProduct>(plain.Prepare(new Linear(), new Operands(types, [new TensorType(new Shape(1, 1, 4, 8))])));
    }

    private static void Check(ProductCase product)
    {
        using GpuDevice device = Open();
        Assert.IsLessThan(4e-6, product.Error(product.Run(device)));
    }
}
