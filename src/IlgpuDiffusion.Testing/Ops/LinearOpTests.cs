using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Testing;

/// <summary>What the linear layer of every device must do.</summary>
internal abstract class LinearOpTests
{
    /// <summary>The largest |difference| / (1 + |expected|).</summary>
    protected virtual double Tolerance => 2e-6;

    /// <summary>The type of activations.</summary>
    protected virtual ElementType Type => ElementType.F32;

    private double Bound => Tolerance + StorageTypes.HalfStep(Type);

    [TestMethod]
    [DataRow(1, 1, 1)]
    [DataRow(1, 7, 65)]
    [DataRow(7, 65, 77)]
    [DataRow(65, 77, 7)]
    [DataRow(77, 320, 320)]
    [DataRow(300, 129, 33)]
    [DataRow(14, 257, 64)]
    [DataRow(450, 40, 700)]
    public void OddSizesAgreeWithDoublePrecision(int rows, int inputs, int outputs)
    {
        using Device device = Open();
        ProductCase product = ProductCase.Linear(new Shape(1, 1, rows, inputs), outputs, type: Type);
        Assert.IsLessThan(Bound, product.Error(product.Run(device)));
    }

    [TestMethod]
    [DataRow(ElementType.F32)]
    [DataRow(ElementType.F16)]
    [DataRow(ElementType.BF16)]
    public void EveryWeightTypeIsExactlyWidened(ElementType type)
    {
        using Device device = Open();
        ProductCase product = ProductCase.Linear(new Shape(1, 5, 7, 200), 70, weights: type, type: Type);
        Assert.IsLessThan(Bound, product.Error(product.Run(device)));
    }

    [TestMethod]
    [DataRow(ElementType.F8E4M3)]
    [DataRow(ElementType.F8E5M2)]
    public void BytesAreWidenedExactlyWhereTheDeviceReadsThem(ElementType type)
    {
        using Device device = Open();
        if (!device.Capabilities.LinearReadsBytes)
        {
            return;
        }

        foreach (bool packed in (bool[])[true, false])
        {
            ProductCase product = ProductCase.Linear(new Shape(1, 5, 7, 203), 70, weights: type);
            Assert.IsLessThan(Bound, product.Error(product.Run(device, packed: packed)));
        }
    }

    [TestMethod]
    [DataRow(Prologue.ScaleShift)]
    [DataRow(Prologue.ScaleShiftSilu)]
    [DataRow(Prologue.LayerNorm)]
    public void ProloguesAgreeWithDoublePrecision(Prologue prologue)
    {
        using Device device = Open();
        foreach ((int inputs, int outputs) in ((int, int)[])[(37, 40), (320, 96), (140, 1000)])
        {
            ProductCase product = ProductCase.Linear(new Shape(4, 3, 11, inputs), outputs, prologue, scaleRows: 2, type: Type);
            Assert.IsLessThan(2 * Bound, product.Error(product.Run(device, gap: 3)));
        }
    }

    [TestMethod]
    [DataRow(Activation.None)]
    [DataRow(Activation.Silu)]
    [DataRow(Activation.Gelu)]
    [DataRow(Activation.QuickGelu)]
    [DataRow(Activation.GeluTanh)]
    [DataRow(Activation.Relu)]
    public void EpiloguesAgreeWithDoublePrecision(Activation activation)
    {
        using Device device = Open();
        foreach (bool gated in (bool[])[false, true])
        {
            foreach (int outputs in (int[])[2, 34, 74, 700])
            {
                // Each part by itself where tiles are few, with no activation and with one: it stands between them in one place.
                Epilogue all = new(true, true, Residual: true);
                bool each = outputs <= 100 && activation is (Activation.None or Activation.Silu);
                foreach (Epilogue parts in each ? (Epilogue[])[default, new(Bias: true), new(RowBias: true), new(Residual: true), all] : [all])
                {
                    ProductCase product = ProductCase.Linear(new Shape(4, 3, 5, 150), outputs, epilogue: parts with { Activation = activation, Gated = gated }, biasRows: 2, type: Type);
                    Assert.IsLessThan(2 * Bound, product.Error(product.Run(device, gap: 5)), $"{parts} {outputs} {gated}");
                }
            }
        }
    }

    [TestMethod]
    public void AnUnpackedWeightGivesTheSameBits()
    {
        using Device device = Open();
        ProductCase product = ProductCase.Linear(new Shape(2, 3, 11, 140), 1000, Prologue.ScaleShiftSilu, new Epilogue(Bias: true), ElementType.F16, type: Type);
        CollectionAssert.AreEqual(product.Run(device), product.Run(device, packed: false));
    }

    /// <summary>Starts the device.</summary>
    protected abstract Device Open();
}
