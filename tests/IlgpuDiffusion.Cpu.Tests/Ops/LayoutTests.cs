using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cpu.Tests.Ops;

[TestClass]
public sealed class LayoutTests
{
    [TestMethod]
    [DataRow(ElementType.F32, 0)]
    [DataRow(ElementType.F32, 3)]
    [DataRow(ElementType.F16, 1)]
    [DataRow(ElementType.U8, 0)]
    public void BatchesAreLaidEndToEnd(ElementType type, int gap)
    {
        Operand a = Bytes(new Shape(2, 3, 5, 7), type, 1), b = Bytes(new Shape(1, 3, 5, 7), type, 2);
        CollectionAssert.AreEqual((byte[])[.. a.Data, .. b.Data, .. a.Data], OpRunner.Bytes(new Concat(Axis.Batch), [a, b, a], 2, gap));
        CollectionAssert.AreEqual((byte[])[.. a.Data, .. a.Data, .. a.Data], OpRunner.Bytes(new Repeat(3), [a], 2, gap));
        CollectionAssert.AreEqual(a.Data, OpRunner.Bytes(new Copy(0), [a], 2, gap));
        int row = a.Data.Length / 2;
        CollectionAssert.AreEqual((byte[])[.. a.Data[..row], .. a.Data[..row], .. a.Data[row..], .. a.Data[row..]], OpRunner.Bytes(new Repeat(2, EachRow: true), [a], 2, gap));
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(5)]
    public void ChannelsAreLaidEndToEnd(int gap)
    {
        Operand a = Bytes(new Shape(2, 3, 5, 7), ElementType.BF16, 1), b = Bytes(new Shape(2, 3, 5, 300), ElementType.BF16, 2);
        List<byte> expected = [];
        for (int row = 0; row < 30; row++)
        {
            expected.AddRange(a.Data.AsSpan(row * a.RowBytes, a.RowBytes));
            expected.AddRange(b.Data.AsSpan(row * b.RowBytes, b.RowBytes));
        }

        CollectionAssert.AreEqual(expected, OpRunner.Bytes(new Concat(Axis.Channels), [a, b], 2, gap));
    }

    [TestMethod]
    public void WeightRowsAreLaidEndToEnd()
    {
        Operand a = Bytes(Shape.Matrix(320, 700), ElementType.F32, 1), b = Bytes(Shape.Matrix(1, 700), ElementType.F32, 2);
        CollectionAssert.AreEqual((byte[])[.. a.Data, .. b.Data], OpRunner.Bytes(new Concat(Axis.Width), [a, b]));
    }

    [TestMethod]
    [DataRow(8, 10)]
    [DataRow(7, 9)]
    [DataRow(4, 5)]
    [DataRow(2, 13)]
    public void NearestNeighboursAreTaken(int height, int width)
    {
        Operand x = Operand.Random(new Shape(2, 4, 5, 7), 1);
        double[] expected = new double[2 * height * width * 7];
        for (int i = 0; i < expected.Length; i++)
        {
            int point = i / 7, column = point % width, row = point / width % height, image = point / width / height;
            expected[i] = x.Floats[(((((image * 4) + (row * 4 / height)) * 5) + (column * 5 / width)) * 7) + (i % 7)];
        }

        OpRunner.AssertClose(expected, OpRunner.Run(new Upsample(height, width), [x]), 0, "upsample");
        OpRunner.AssertClose(expected, OpRunner.Run(new Upsample(height, width), [x], 3, 2), 0, "upsample, views");
    }

    [TestMethod]
    [DataRow(ElementType.F32)]
    [DataRow(ElementType.F16)]
    [DataRow(ElementType.BF16)]
    public void RowsOfATableAreFound(ElementType type)
    {
        Operand table = Bytes(Shape.Matrix(50, 33), type, 1), ids = new(new Shape(2, 1, 3, 1), [0, 49, 7, 7, 1, 2]);
        double[] expected = new double[6 * 33];
        int[] rows = [0, 49, 7, 7, 1, 2];
        for (int i = 0; i < expected.Length; i++)
        {
            expected[i] = Value(table, (rows[i / 33] * 33) + (i % 33));
        }

        OpRunner.AssertClose(expected, OpRunner.Run(new Embedding(), [table, ids]), 0, "embedding");
        OpRunner.AssertClose(expected, OpRunner.Run(new Embedding(), [table, ids], 1, 2), 0, "embedding, views");
    }

    [TestMethod]
    [DataRow(50)]
    [DataRow(-1)]
    public void AnIdOutsideTheTableIsNamed(int id)
    {
        Operand table = Bytes(Shape.Matrix(50, 33), ElementType.F32, 1), ids = new(new Shape(1, 1, 3, 1), [0, id, 7]);
        InvalidDataException e = Assert.ThrowsExactly<InvalidDataException>(() => OpRunner.Run(new Embedding(), [table, ids]));
        Assert.Contains($"{id}", e.Message);
        Assert.Contains("50", e.Message);
    }

    internal static double Value(Operand operand, int index) => operand.Type.Type switch
    {
        ElementType.F32 => operand.Floats[index],
        ElementType.F16 => (double)MemoryMarshal.Cast<byte, Half>(operand.Data)[index],
        _ => BitConverter.Int32BitsToSingle(MemoryMarshal.Cast<byte, ushort>(operand.Data)[index] << 16),
    };

    /// <summary>Finite numbers of a type, or bytes.</summary>
    internal static Operand Bytes(Shape shape, ElementType type, int seed)
    {
        float[] values = Operand.Random(shape, seed).Floats.ToArray();
        byte[] data = type switch
        {
            ElementType.F32 => MemoryMarshal.AsBytes<float>(values).ToArray(),
            ElementType.F16 => MemoryMarshal.AsBytes<Half>(Array.ConvertAll(values, v => (Half)v)).ToArray(),
            ElementType.BF16 => MemoryMarshal.AsBytes<ushort>(Array.ConvertAll(values, v => (ushort)(BitConverter.SingleToInt32Bits(v) >> 16))).ToArray(),
            _ => Array.ConvertAll(values, v => unchecked((byte)(int)(50 * v))),
        };
        return new Operand(new TensorType(shape, type), data);
    }
}
