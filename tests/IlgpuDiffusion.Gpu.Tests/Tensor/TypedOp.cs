using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Gpu.Tests.Tensor;

/// <summary>A product whose activations and weight are 16-bit numbers: on a device, and as the oracle computes it in the same type.</summary>
internal sealed class TypedOp
{
    private readonly Op _op;
    private readonly ElementType _type;
    private readonly Operand[] _operands;

    private TypedOp(Op op, ElementType type, Prologue prologue, Epilogue epilogue, Shape x, Shape weight, int rows, int outputs, int scaleRows, int biasRows)
    {
        (_op, _type) = (op, type);
        Shape result = op is Conv2d c ? new Conv2d(c.Stride, c.Padding, c.Resize).Infer([new TensorType(x), new TensorType(weight)])[0].Shape : x with { Channels = outputs };
        float scale = 1 / MathF.Sqrt(op is Conv2d ? weight.Height * weight.Width * weight.Channels : weight.Channels);
        List<Operand> operands = [Random(x, 1, type), Random(weight, 2, type, scale)];
        switch (prologue)
        {
            case Prologue.None:
                break;
            case Prologue.LayerNorm:
                operands.AddRange([Operand.Random(x with { Channels = 2 }, 3), Operand.Random(Shape.Vector(x.Channels), 4), Operand.Random(Shape.Vector(x.Channels), 5)]);
                break;
            default:
                operands.Add(Operand.Random(new Shape(scaleRows, 1, 1, 2 * x.Channels), 6));
                break;
        }

        if (epilogue.Bias)
        {
            operands.Add(Operand.Random(Shape.Vector(rows), 7));
        }

        if (epilogue.RowBias)
        {
            operands.Add(Operand.Random(new Shape(biasRows, 1, 1, rows), 8));
        }

        if (epilogue.Residual)
        {
            operands.Add(Random(result, 9, type));
        }

        _operands = [.. operands];
    }

    public static TypedOp Linear(ElementType type, Shape x, int outputs, Prologue prologue = Prologue.None, Epilogue epilogue = default, int scaleRows = 1, int biasRows = 1) =>
        new(new Linear(prologue, epilogue), type, prologue, epilogue, x, Shape.Matrix(outputs, x.Channels), outputs, epilogue.Gated ? outputs / 2 : outputs, scaleRows, biasRows);

    public static TypedOp Convolution(ElementType type, Shape x, int outputs, Grid kernel, int stride, Padding padding, Grid resize = default, Prologue prologue = Prologue.None, Epilogue epilogue = default, int scaleRows = 1, int biasRows = 1) =>
        new(new Conv2d(stride, padding, resize, prologue, epilogue), type, prologue, epilogue, x, new Shape(outputs, x.Channels, kernel.Height, kernel.Width), outputs, outputs, scaleRows, biasRows);

    /// <summary>What a device prepares of it, its weight packed.</summary>
    public Prepared Prepare(GpuDevice device)
    {
        TensorType[] types = [.. _operands.Select(operand => operand.Type)];
        TensorType[] results = _op.Infer(types);
        types[1] = types[1] with { Layout = device.Prepare(_op, new Operands(types, results)).Layout(1) };
        return device.Prepare(_op, new Operands(types, results));
    }

    public float[] Run(Device device, int gap = 0) => Numbers(DeviceRunner.Bytes(device, _op, _operands, gap), _type);

    /// <summary>Fails unless both devices' results are within a step of the type, and nearly all the same.</summary>
    public void AssertClose(GpuDevice device, int gap = 0)
    {
        using OracleDevice oracle = new();
        float[] expected = Run(oracle), actual = Run(device, gap);
        Assert.HasCount(expected.Length, actual);
        double step = _type == ElementType.BF16 ? 1.0 / 128 : 1.0 / 1024;
        int other = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            other += expected[i] == actual[i] ? 0 : 1;
            Assert.AreEqual(expected[i], actual[i], step * (Math.Abs(expected[i]) + 0.05), $"at {i} of {expected.Length}");
        }

        Console.WriteLine($"measured {_op.Name} {_type}: {other} of {expected.Length} one step off");
        Assert.IsLessThanOrEqualTo(2 + (expected.Length / 25), other);
    }

    public static float[] Numbers(byte[] bytes, ElementType type) => [.. MemoryMarshal.Cast<byte, ushort>(bytes).ToArray().Select(word => type == ElementType.F16 ? (float)BitConverter.UInt16BitsToHalf(word) : BitConverter.UInt32BitsToSingle((uint)word << 16))];

    private static Operand Random(Shape shape, int seed, ElementType type, float scale = 1)
    {
        ushort[] words = [.. Operand.Random(shape, seed, scale).Floats.ToArray().Select(x => type == ElementType.F16 ? BitConverter.HalfToUInt16Bits((Half)x) : (ushort)(BitConverter.SingleToUInt32Bits(x) >> 16))];
        return new Operand(new TensorType(shape, type), MemoryMarshal.AsBytes<ushort>(words).ToArray());
    }
}
