using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Gpu.Tests.Ops;

/// <summary>The order of adding depends on the summed inputs alone, and 16-bit weights count exactly.</summary>
[TestClass]
public sealed class SummationTests
{
    private static GpuDevice _device = null!;

    [ClassInitialize]
    public static void Open(TestContext context) => _device = TestDevice.Open();

    [ClassCleanup]
    public static void Close() => _device.Dispose();

    [TestMethod]
    [DataRow(ElementType.F32)]
    [DataRow(ElementType.F16)]
    [DataRow(ElementType.BF16)]
    public void TheNumberOfRowsDoesNotChangeTheBitsOfARow(ElementType type)
    {
        const int inputs = 300, outputs = 37;
        Operand x = Operand.Random(new Shape(1, 1, 80, inputs), 1).As(type), weight = Operand.Random(Shape.Matrix(outputs, inputs), 2).As(type);
        float[] all = DeviceRunner.Run(_device, new Linear(), [x, weight]);
        foreach (int rows in (int[])[1, 2, 7, 65, 77])
        {
            int first = 80 - rows;
            Operand part = new(x.Type with { Shape = new Shape(1, 1, rows, inputs) }, x.Data[(first * x.RowBytes)..]);
            CollectionAssert.AreEqual(all[(first * outputs)..], DeviceRunner.Run(_device, new Linear(), [part, weight]), $"{rows} rows");
        }
    }

    [TestMethod]
    [DataRow(ElementType.F32)]
    [DataRow(ElementType.F16)]
    [DataRow(ElementType.BF16)]
    public void TheBatchDoesNotChangeTheBitsOfAnImage(ElementType type)
    {
        Conv2d op = new(1, Padding.All(1));
        Operand x = Operand.Random(new Shape(3, 9, 7, 150), 1).As(type), weight = Operand.Random(new Shape(10, 150, 3, 3), 2).As(type);
        float[] all = DeviceRunner.Run(_device, op, [x, weight]);
        for (int b = 0; b < 3; b++)
        {
            CollectionAssert.AreEqual(all[(b * all.Length / 3)..((b + 1) * all.Length / 3)], DeviceRunner.Run(_device, op, [x.Images(b, 1), weight]), $"image {b}");
        }
    }

    [TestMethod]
    [DataRow(ElementType.F32)]
    [DataRow(ElementType.F16)]
    [DataRow(ElementType.BF16)]
    public void APointwiseConvolutionIsALinearLayer(ElementType type)
    {
        Operand x = Operand.Random(new Shape(2, 6, 7, 200), 1).As(type), weight = Operand.Random(Shape.Matrix(90, 200), 2).As(type);
        Operand kernel = weight with { Type = weight.Type with { Shape = new Shape(90, 200, 1, 1) } };
        CollectionAssert.AreEqual(DeviceRunner.Run(_device, new Linear(), [x, weight]), DeviceRunner.Run(_device, new Conv2d(1, default), [x, kernel]));
    }

    [TestMethod]
    [DataRow(ElementType.F32)]
    [DataRow(ElementType.F16)]
    [DataRow(ElementType.BF16)]
    public void AnUnpackedWeightGivesTheSameBits(ElementType type)
    {
        ProductCase product = ProductCase.Convolution(new Shape(2, 5, 6, 140), 9, new Grid(3, 2), 1, Padding.All(1), weights: type);
        CollectionAssert.AreEqual(product.Run(_device), product.Run(_device, packed: false));
    }

    [TestMethod]
    [DataRow(ElementType.F16)]
    [DataRow(ElementType.BF16)]
    public void EveryShortWeightIsExactlyWidened(ElementType type)
    {
        ushort[] words = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];
        Operand weight = new(new TensorType(Shape.Matrix(65536, 1), type), MemoryMarshal.AsBytes<ushort>(words).ToArray());
        float[] wide = DeviceRunner.Run(_device, new Linear(), [new Operand(new Shape(1, 1, 1, 1), [1f]), weight]);
        foreach (ushort word in words)
        {
            float expected = type == ElementType.F16 ? (float)BitConverter.UInt16BitsToHalf(word) : BitConverter.UInt32BitsToSingle((uint)word << 16);
            Assert.AreEqual(expected, wide[word], $"0x{word:X4}");
        }
    }

    [TestMethod]
    public void AWeightOfAnotherTypeIsRefused()
    {
        TensorType[] types = [new(new Shape(1, 1, 2, 8)), new(Shape.Matrix(4, 8), ElementType.F64)];
        ArgumentException error = Assert.ThrowsExactly<ArgumentException>(() => _device.Prepare(new Linear(), new Operands(types, [new TensorType(new Shape(1, 1, 2, 4))])));
        Assert.Contains("Cast it", error.Message);
    }
}
