using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Testing.Ptx;

namespace IlgpuDiffusion.Gpu.Tests.Ops;

/// <summary>Ops that move, convert and look up, to the bit.</summary>
[TestClass]
public sealed class LayoutTests
{
    private static readonly OracleDevice Oracle = new();
    private static GpuDevice _device = null!;
    private static GpuDevice _cuda = null!;

    [ClassInitialize]
    public static void Open(TestContext context) => (_device, _cuda) = (TestDevice.Open(), PtxRunner.Open());

    [ClassCleanup]
    public static void Close()
    {
        _device.Dispose();
        _cuda.Dispose();
    }

    [TestMethod]
    [DataRow(ElementType.F32)]
    [DataRow(ElementType.BF16)]
    [DataRow(ElementType.F64)]
    [DataRow(ElementType.U8)]
    public void TensorsAreLaidEndToEnd(ElementType type)
    {
        Shape shape = new(2, 3, 5, 7);
        Same(new Concat(Axis.Channels), Bytes(shape, type, 1), Bytes(shape with { Channels = 65 }, type, 2), Bytes(shape with { Channels = 1 }, type, 3));
        Same(new Concat(Axis.Batch), Bytes(shape, type, 1), Bytes(shape with { Batch = 1 }, type, 2));
        Same(new Concat(Axis.Width), Bytes(Shape.Matrix(5, 6), type, 1), Bytes(Shape.Matrix(65, 6), type, 2));
        Same(new Concat(Axis.Channels), Bytes(new Shape(1, 1, 2, 5000), type, 1), Bytes(new Shape(1, 1, 2, 1), type, 2));
        Same(new Concat(Axis.Channels), Bytes(shape with { Channels = 24 }, type, 1), Bytes(shape with { Channels = 16 }, type, 2));
        Same(new Copy(0), Bytes(shape, type, 4));
    }

    [TestMethod]
    public void BatchesAreRepeated()
    {
        Same(new Repeat(3), Bytes(new Shape(2, 3, 5, 7), ElementType.F32, 1));
        Same(new Repeat(1), Bytes(new Shape(1, 1, 1, 1), ElementType.F32, 1));
        Same(new Repeat(3, EachRow: true), Bytes(new Shape(2, 3, 5, 7), ElementType.F32, 1));
        Same(new Repeat(2, EachRow: true), Bytes(new Shape(3, 1, 2, 8), ElementType.BF16, 1));
    }

    [TestMethod]
    [DataRow(ElementType.F32)]
    [DataRow(ElementType.F16)]
    [DataRow(ElementType.BF16)]
    public void GridsAreResized(ElementType type)
    {
        foreach ((Shape from, int height, int width) in ((Shape, int, int)[])[(new(2, 3, 5, 7), 6, 10), (new(1, 4, 4, 65), 7, 3), (new(1, 1, 1, 1), 1, 1), (new(1, 2, 3, 5000), 4, 6), (new(2, 3, 5, 16), 6, 10)])
        {
            Same(new Upsample(height, width), Operand.Random(from, 1).As(type));
        }
    }

    [TestMethod]
    [DataRow(ElementType.F32)]
    [DataRow(ElementType.BF16)]
    public void ChannelsBecomeSquares(ElementType type)
    {
        foreach ((Shape from, int factor, bool first) in ((Shape, int, bool)[])[(new(2, 3, 5, 8), 2, false), (new(2, 3, 5, 8), 2, true), (new(1, 4, 4, 63), 3, false), (new(1, 1, 2, 63), 3, true), (new(2, 3, 5, 64), 2, false)])
        {
            Same(new DepthToSpace(factor, first), Operand.Random(from, 1).As(type));
        }
    }

    [TestMethod]
    [DataRow(ElementType.F32)]
    [DataRow(ElementType.BF16)]
    [DataRow(ElementType.U8)]
    [DataRow(ElementType.F64)]
    public void RectanglesAreCut(ElementType type)
    {
        foreach ((Shape from, Crop crop) in ((Shape, Crop)[])[(new(2, 6, 5, 7), new(1, 2, 4, 3)), (new(1, 9, 9, 32), new(0, 0, 9, 1)), (new(1, 3, 4, 1), new(2, 3, 1, 1)), (new(1, 3, 2, 5000), new(1, 0, 2, 2))])
        {
            Same(crop, Bytes(from, type, 1));
        }
    }

    [TestMethod]
    public void DistancesBiasEveryHead()
    {
        Same(new RelativeBias(), Operand.Random(new Shape(1, 1, 1, 1), 1));
        Same(new RelativeBias(), Operand.Random(new Shape(1, 1, 25, 3), 1));
    }

    [TestMethod]
    [DataRow(ElementType.F32)]
    [DataRow(ElementType.F16)]
    [DataRow(ElementType.BF16)]
    public void EveryNarrowNumberIsWidened(ElementType to)
    {
        Operand shorts = new(new TensorType(new Shape(1, 1, 256, 256), ElementType.F16), MemoryMarshal.AsBytes<ushort>([.. Enumerable.Range(0, 65536).Select(i => (ushort)i)]).ToArray());
        Operand bytes = new(new TensorType(new Shape(1, 1, 16, 16), ElementType.F8E4M3), [.. Enumerable.Range(0, 256).Select(i => (byte)i)]);
        SameNumbers(new Cast(to), shorts);
        SameNumbers(new Cast(to), shorts with { Type = shorts.Type with { Type = ElementType.BF16 } });
        SameNumbers(new Cast(to), bytes);
        SameNumbers(new Cast(to), bytes with { Type = bytes.Type with { Type = ElementType.F8E5M2 } });
    }

    [TestMethod]
    [DataRow(ElementType.F32, ElementType.F16)]
    [DataRow(ElementType.F32, ElementType.BF16)]
    [DataRow(ElementType.F64, ElementType.F32)]
    public void NumbersAreRoundedToTheNearest(ElementType from, ElementType to)
    {
        List<double> values = [0, -0.0, 1, 65504, 65519.996, 65520, 65536, 1e30, 6.1035e-5, 6.0975e-5, 5.96e-8, 2.98e-8, 2.9803e-8, 1e-9, 1 + (1 / 2048.0), 1 + (3 / 2048.0), double.PositiveInfinity, double.NegativeInfinity, double.NaN];
        Random random = new(5);
        for (int i = 0; i < 20000; i++)
        {
            values.Add((random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-30, 20)));
        }

        Shape shape = Shape.Vector(values.Count);
        Operand x = from == ElementType.F32
            ? new Operand(shape, [.. values.Select(v => (float)v)])
            : new Operand(new TensorType(shape, from), MemoryMarshal.AsBytes<double>(values.ToArray()).ToArray());
        SameNumbers(new Cast(to), x);
    }

    [TestMethod]
    [DataRow(ElementType.F32)]
    [DataRow(ElementType.F16)]
    [DataRow(ElementType.BF16)]
    public void RowsOfATableAreLookedUp(ElementType type)
    {
        float[] numbers = MemoryMarshal.Cast<byte, float>(Operand.Random(Shape.Matrix(50, 65), 1).Data).ToArray();
        Operand table = new(new TensorType(Shape.Matrix(50, 65), type), DeviceRunner.Bytes(Oracle, new Cast(type), [new Operand(Shape.Matrix(50, 65), numbers)]));
        Operand ids = new(new Shape(2, 1, 7, 1), [0, 49, 3, 3, 1, 2, 48, 5, 6, 7, 8, 9, 10, 11]);
        Same(new Embedding(), table, ids);
    }

    [TestMethod]
    [DataRow(-1)]
    [DataRow(50)]
    public void AnIdThatIsNotInTheTableIsSaid(int id)
    {
        InvalidDataException e = Assert.ThrowsExactly<InvalidDataException>(
            () => DeviceRunner.Run(_device, new Embedding(), [Operand.Random(Shape.Matrix(50, 8), 1), new Operand(new Shape(1, 1, 2, 1), [3, id])]));
        Assert.Contains($"At 'test': the id {id} at position 1 is not within the table of 50 rows", e.Message);
    }

    [TestMethod]
    [DataRow(320, true, 0.0)]
    [DataRow(65, false, 1.0)]
    [DataRow(2, true, 0.0)]
    public void SinusoidsAreThoseOfTheReference(int channels, bool cosineFirst, double shift)
    {
        Sinusoids(_device, channels, cosineFirst, shift);
        Sinusoids(_cuda, channels, cosineFirst, shift);
    }

    private static void Sinusoids(GpuDevice device, int channels, bool cosineFirst, double shift)
    {
        float[] times = [0, 1, 999, 500.5f, 17, 321, 1000];
        float[] actual = DeviceRunner.Run(device, new TimestepEmbedding(channels, cosineFirst, shift, 10000), [new Operand(new Shape(times.Length, 1, 1, 1), times)]);
        int half = channels / 2;
        for (int t = 0; t < times.Length; t++)
        {
            for (int i = 0; i < half; i++)
            {
                // The reference rounds exponent, frequency and angle to single precision.
                float frequency = (float)Math.Exp((float)-Math.Log(10000) * i / (float)(half - shift));
                float angle = times[t] * frequency;
                int row = t * channels;
                Assert.AreEqual((float)Math.Cos(angle), actual[row + i + (cosineFirst ? 0 : half)], 1e-7f, $"cosine {i} of {times[t]}");
                Assert.AreEqual((float)Math.Sin(angle), actual[row + i + (cosineFirst ? half : 0)], 1e-7f, $"sine {i} of {times[t]}");
            }

            Assert.IsTrue(channels % 2 == 0 || actual[((t + 1) * channels) - 1] == 0);
        }
    }

    private static Operand Bytes(Shape shape, ElementType type, int seed)
    {
        byte[] data = new byte[shape.Count * type.Size()];
        new Random(seed).NextBytes(data);
        return type == ElementType.F32 ? Operand.Random(shape, seed) : new Operand(new TensorType(shape, type), data);
    }

    private static void Same(Op op, params Operand[] inputs)
    {
        byte[] expected = DeviceRunner.Bytes(Oracle, op, inputs);
        foreach (GpuDevice device in (GpuDevice[])[_device, _cuda])
        {
            CollectionAssert.AreEqual(expected, DeviceRunner.Bytes(device, op, inputs), $"{device.Kind.Text()}, {op} {inputs[0].Type}");
            CollectionAssert.AreEqual(expected, DeviceRunner.Bytes(device, op, inputs, 3), $"{device.Kind.Text()}, {op} {inputs[0].Type}, views");
            CollectionAssert.AreEqual(expected, DeviceRunner.Bytes(device, op, inputs, 16), $"{device.Kind.Text()}, {op} {inputs[0].Type}, aligned views");
        }
    }

    // Which of the NaNs it is does not matter.
    private static void SameNumbers(Cast op, Operand x)
    {
        double[] expected = Numbers(DeviceRunner.Bytes(Oracle, op, [x]), op.To);
        foreach (GpuDevice device in (GpuDevice[])[_device, _cuda])
        {
            double[] actual = Numbers(DeviceRunner.Bytes(device, op, [x]), op.To);
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.IsTrue(expected[i].Equals(actual[i]) && double.IsNegative(expected[i]) == double.IsNegative(actual[i]) | double.IsNaN(expected[i]), $"{device.Kind.Text()}, {x.Type.Type} to {op.To} at {i}: expected {expected[i]:R}, got {actual[i]:R}");
            }
        }
    }

    private static double[] Numbers(byte[] data, ElementType type) => type switch
    {
        ElementType.F32 => [.. MemoryMarshal.Cast<byte, float>(data).ToArray().Select(v => (double)v)],
        ElementType.F16 => [.. MemoryMarshal.Cast<byte, Half>(data).ToArray().Select(v => (double)v)],
        _ => [.. MemoryMarshal.Cast<byte, ushort>(data).ToArray().Select(v => (double)BitConverter.Int32BitsToSingle(v << 16))],
    };
}
