using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing.Ptx;

namespace IlgpuDiffusion.Gpu.Tests.Tensor;

/// <summary>Linear layers and convolutions that a device launches on tensor cores, their code run instruction by instruction, against the oracle in the same type.</summary>
[TestClass]
internal sealed class TensorProductTests
{
    private static GpuDevice _device = null!;

    [ClassInitialize]
    public static void Open(TestContext context) => _device = PtxRunner.Open();

    [ClassCleanup]
    public static void Close() => _device.Dispose();

    [TestMethod]
    [DataRow(ElementType.BF16, 1, 8, 1)]
    [DataRow(ElementType.F16, 7, 72, 65)]
    [DataRow(ElementType.BF16, 77, 40, 77)]
    [DataRow(ElementType.BF16, 130, 32, 136)]
    public void ALinearLayerIsTheOracles(ElementType type, int rows, int inputs, int outputs) =>
        Check(TypedOp.Linear(type, new Shape(1, 1, rows, inputs), outputs));

    [TestMethod]
    [DataRow(Prologue.None, Activation.None)]
    [DataRow(Prologue.ScaleShift, Activation.Silu)]
    [DataRow(Prologue.ScaleShiftSilu, Activation.QuickGelu)]
    [DataRow(Prologue.None, Activation.GeluTanh)]
    [DataRow(Prologue.LayerNorm, Activation.Gelu)]
    public void PrologueAndEpilogueAreTheOracles(Prologue prologue, Activation activation) =>
        Check(TypedOp.Linear(ElementType.BF16, new Shape(4, 1, 3, 48), 70, prologue, new Epilogue(true, true, activation, Residual: true), scaleRows: 2, biasRows: 2));

    [TestMethod]
    [DataRow(ElementType.F16, 20)]
    [DataRow(ElementType.BF16, 136)]
    public void AGateIsTheOracles(ElementType type, int outputs) =>
        Check(TypedOp.Linear(type, new Shape(1, 1, 9, 40), outputs, Prologue.LayerNorm, new Epilogue(true, Activation: Activation.Gelu, Gated: true, Residual: true)));

    [TestMethod]
    [DataRow(8, DisplayName = "slices of wider tensors")]
    [DataRow(12, DisplayName = "slices that only a copy aligns")]
    [DataRow(1, DisplayName = "slices that nothing aligns")]
    public void OperandsMayLieApart(int gap) =>
        TypedOp.Linear(ElementType.BF16, new Shape(2, 1, 5, 40), 20, epilogue: new Epilogue(true, true, Residual: true), biasRows: 2).AssertClose(_device, gap);

    [TestMethod]
    [DataRow(ElementType.BF16, 2, 7, 5, 40, 9, 3, 1, 1, DisplayName = "3×3 of two ragged pictures")]
    [DataRow(ElementType.F16, 1, 9, 6, 32, 132, 3, 2, 1, DisplayName = "stride 2")]
    [DataRow(ElementType.BF16, 1, 4, 4, 48, 3, 1, 1, 0, DisplayName = "1×1 to three channels")]
    public void AConvolutionIsTheOracles(ElementType type, int batch, int height, int width, int channels, int outputs, int kernel, int stride, int padding) =>
        Check(TypedOp.Convolution(type, new Shape(batch, height, width, channels), outputs, new Grid(kernel, kernel), stride, Padding.All(padding)));

    [TestMethod]
    [DataRow(Prologue.None)]
    [DataRow(Prologue.ScaleShiftSilu)]
    public void AConvolutionsSurroundingsAreTheOracles(Prologue prologue) =>
        Check(TypedOp.Convolution(ElementType.BF16, new Shape(4, 3, 4, 32), 10, new Grid(3, 3), 1, Padding.All(1), default, prologue, new Epilogue(true, true, Activation.Silu, Residual: true), scaleRows: 2, biasRows: 4));

    [TestMethod]
    public void AllTilesGiveTheSameBits()
    {
        TypedOp linear = TypedOp.Linear(ElementType.BF16, new Shape(1, 1, 5, 72), 310, epilogue: new Epilogue(true, Activation: Activation.Silu, Gated: true));
        TypedOp convolution = TypedOp.Convolution(ElementType.F16, new Shape(1, 3, 4, 40), 150, new Grid(3, 3), 1, Padding.All(1));
        float[] few = Run(linear, 1, TileChoice.Wide, false);
        CollectionAssert.AreEqual(few, Run(linear, 132, TileChoice.Narrow, true));
        CollectionAssert.AreEqual(few, Run(linear, 2, TileChoice.Wide, true));
        CollectionAssert.AreEqual(Run(convolution, 1, TileChoice.Wide, true), Run(convolution, 132, TileChoice.Narrow, true));

        float[] Run(TypedOp op, int processors, int columns, bool eight)
        {
            using GpuDevice device = PtxRunner.Open();
            device.Host.Processors = processors;
            TensorProduct product = (TensorProduct)op.Prepare(device);
            Assert.AreEqual((columns, eight), (product.Columns, product.EightWarps));
            return op.Run(device);
        }
    }

    [TestMethod]
    public void TheNumberOfRowsDoesNotChangeTheBitsOfAnImage()
    {
        TypedOp one = TypedOp.Linear(ElementType.BF16, new Shape(1, 1, 9, 40), 12), three = TypedOp.Linear(ElementType.BF16, new Shape(15, 1, 9, 40), 12);
        float[] all = three.Run(_device);
        CollectionAssert.AreEqual(one.Run(_device), all[..(9 * 12)]);
    }

    [TestMethod]
    [DataRow(6, 10, DisplayName = "twice the size")]
    [DataRow(3, 10, DisplayName = "in one direction")]
    [DataRow(7, 12, DisplayName = "not a whole factor")]
    [DataRow(2, 3, DisplayName = "smaller")]
    public void AResizeIsTheOracles(int height, int width) =>
        Check(TypedOp.Convolution(ElementType.F16, new Shape(1, 3, 5, 40), 12, new Grid(3, 3), 1, Padding.All(1), new Grid(height, width), Prologue.ScaleShift));

    [TestMethod]
    [DataRow(256, 1280, 11520, 3, DisplayName = "a convolution of 16²")]
    [DataRow(64, 1280, 11520, 8, DisplayName = "of 8²")]
    [DataRow(64, 1280, 23040, 8)]
    [DataRow(256, 1280, 5120, 3, DisplayName = "a perceptron's second layer")]
    [DataRow(256, 1280, 1280, 1, DisplayName = "too little to add")]
    [DataRow(1024, 1280, 11520, 1, DisplayName = "enough tiles")]
    [DataRow(64, 1284, 11520, 1, DisplayName = "columns off eights")]
    public void KIsSplitWhereTilesAreFewAndSumsAreLong(int rows, int columns, int k, int parts) => Assert.AreEqual(parts, SplitChoice.Parts(rows, columns, k));

    [TestMethod]
    public void AProductInPartsIsTheOracles()
    {
        using GpuDevice device = PtxRunner.Open();
        device.Host.PartSteps = 1;
        TypedOp[] ops =
        [
            TypedOp.Linear(ElementType.BF16, new Shape(2, 1, 5, 72), 16, Prologue.LayerNorm, new Epilogue(true, true, Activation.Gelu, Gated: true, Residual: true), biasRows: 2),
            TypedOp.Convolution(ElementType.F16, new Shape(2, 3, 4, 40), 24, new Grid(2, 2), 1, Padding.All(1), default, Prologue.None, new Epilogue(true, true, Activation.Silu, Residual: true), biasRows: 2),
            TypedOp.Convolution(ElementType.BF16, new Shape(1, 3, 2, 32), 8, new Grid(1, 3), 1, Padding.All(1), new Grid(6, 4)),
        ];
        int[] parts = [3, 5, 3];
        for (int i = 0; i < ops.Length; i++)
        {
            Assert.AreEqual(parts[i], ((TensorProduct)ops[i].Prepare(device)).Parts);
            ops[i].AssertClose(device, 8);
        }
    }

    [TestMethod]
    public void WhatDoesNotSuitIsLeftToThePortableKernel()
    {
        Assert.IsNotInstanceOfType<TensorProduct>(TypedOp.Linear(ElementType.BF16, new Shape(1, 1, 4, 12), 8).Prepare(_device), "rows off 16 bytes");
        Assert.IsNotInstanceOfType<TensorProduct>(TypedOp.Convolution(ElementType.BF16, new Shape(1, 4, 4, 24), 8, new Grid(3, 3), 1, Padding.All(1)).Prepare(_device), "few channels");
        using GpuDevice plain = GpuDevice.Open(GpuKind.IlgpuCpu);
        Assert.IsNotInstanceOfType<TensorProduct>(TypedOp.Linear(ElementType.BF16, new Shape(1, 1, 4, 16), 8).Prepare(plain), "no tensor cores");
    }

    // What is checked is the kernel for tensor cores.
    private static void Check(TypedOp op)
    {
        Assert.IsInstanceOfType<TensorProduct>(op.Prepare(_device));
        int loaded = _device.Host.LoadedKernels;
        op.AssertClose(_device);
        Console.WriteLine($"{_device.Host.LoadedKernels - loaded} kernels loaded");
    }
}
