using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing.Oracle;

namespace IlgpuDiffusion.Testing;

/// <summary>A product with random operands: computed by the device, and by plain loops in double precision.</summary>
internal sealed class ProductCase
{
    private readonly Op _op;
    private readonly Prologue _prologue;
    private readonly Epilogue _epilogue;
    private readonly List<TensorType> _types = [];
    private readonly List<float[]> _values = [];

    private ProductCase(Op op, Prologue prologue, Epilogue epilogue, Shape x, Shape weight, ElementType weightType, int scaleRows, int biasRows, int seed, ElementType type, Enum? method = null)
    {
        (_op, _prologue, _epilogue, Method) = (op, prologue, epilogue, method);
        Random random = new(seed);
        int fan = op is Conv2d ? weight.Height * weight.Width * weight.Channels : weight.Channels;
        int rows = op is Conv2d ? weight.Batch : weight.Width;
        Add(x, random, 1, type);
        Add(weight, random, 1 / Math.Sqrt(fan), type == ElementType.F32 ? weightType : type);
        if (prologue is Prologue.ScaleShift or Prologue.ScaleShiftSilu)
        {
            Add(new Shape(scaleRows, 1, 1, 2 * x.Channels), random, 1);
        }
        else if (prologue == Prologue.LayerNorm)
        {
            Add(x with { Channels = 2 }, random, 1);
            Add(Shape.Vector(x.Channels), random, 1);
            Add(Shape.Vector(x.Channels), random, 1);
        }

        if (epilogue.Bias)
        {
            Add(Shape.Vector(rows), random, 1);
        }

        if (epilogue.RowBias)
        {
            Add(new Shape(biasRows, 1, 1, rows), random, 1);
        }

        Result = Output(op, x, weight);
        if (epilogue.Residual)
        {
            Add(Result, random, 1, type);
        }

        Assert.AreEqual(Result, op.Infer([.. _types])[0].Shape);
    }

    public Shape Result { get; }

    public static ProductCase Linear(Shape x, int outputs, Prologue prologue = Prologue.None, Epilogue epilogue = default, ElementType weights = ElementType.F32, int scaleRows = 1, int biasRows = 1, int seed = 1, ElementType type = ElementType.F32) =>
        new(new Linear(prologue, epilogue), prologue, epilogue, x, Shape.Matrix(outputs, x.Channels), weights, scaleRows, biasRows, seed, type);

    public static ProductCase Convolution(Shape x, int outputs, Grid kernel, int stride, Padding padding, Grid resize = default, Prologue prologue = Prologue.None, Epilogue epilogue = default, ElementType weights = ElementType.F32, int scaleRows = 1, int biasRows = 1, int seed = 1, Enum? method = null, bool phases = false, ElementType type = ElementType.F32) =>
        new(new Conv2d(stride, padding, resize, prologue, epilogue, Winograd: method is not null, Phases: phases), prologue, epilogue, x, new Shape(outputs, x.Channels, kernel.Height, kernel.Width), weights, scaleRows, biasRows, seed, type, method);

    /// <summary>A method of the device's own that the convolution is to take, or null.</summary>
    public Enum? Method { get; }

    /// <summary>The op.</summary>
    public Op Op => _op;

    /// <summary>Its operands.</summary>
    public Operand[] Operands => [.. _types.Select((type, i) => new Operand(type, Bytes(_values[i], type.Type)))];

    /// <summary>Runs on a device.</summary>
    public float[] Run(Device device, int gap = 0, bool packed = true) => DeviceRunner.Run(device, _op, Operands, gap, packed);

    /// <summary>The largest |difference| / (1 + |expected|).</summary>
    public double Error(float[] actual)
    {
        double[] expected = ProductReference.Compute(_op, _prologue, _epilogue, _types, _values, Result);
        Assert.HasCount(expected.Length, actual);
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(expected[i] - actual[i]) / (1 + Math.Abs(expected[i]));
            worst = double.IsNaN(error) ? double.PositiveInfinity : Math.Max(worst, error);
        }

        return worst;
    }

    private static Shape Output(Op op, Shape x, Shape weight)
    {
        if (op is not Conv2d c)
        {
            return x with { Channels = ((Linear)op).Epilogue.Gated ? weight.Width / 2 : weight.Width };
        }

        return new Conv2d(c.Stride, c.Padding, c.Resize).Infer([new TensorType(x), new TensorType(weight)])[0].Shape;
    }

    private static byte[] Bytes(float[] values, ElementType type)
    {
        byte[] bytes = new byte[values.Length * type.Size()];
        for (int i = 0; i < values.Length; i++)
        {
            Span<byte> at = bytes.AsSpan(i * type.Size());
            if (type == ElementType.F32)
            {
                BitConverter.TryWriteBytes(at, values[i]);
            }
            else if (type.IsByteFloat())
            {
                Rounded(values[i], type, out at[0]);
            }
            else
            {
                BitConverter.TryWriteBytes(at, type == ElementType.F16 ? BitConverter.HalfToUInt16Bits((Half)values[i]) : (ushort)(BitConverter.SingleToUInt32Bits(values[i]) >> 16));
            }
        }

        return bytes;
    }

    // To the nearest of the type's numbers.
    private static unsafe float Rounded(float value, ElementType type, out byte code)
    {
        byte bits = 0;
        Elements.Write((nint)(&bits), 0, type, value);
        code = bits;
        return (float)Elements.Read((nint)(&bits), 0, type);
    }

    private void Add(Shape shape, Random random, double scale, ElementType type = ElementType.F32)
    {
        float[] values = new float[shape.Count];
        for (int i = 0; i < values.Length; i++)
        {
            float value = (float)(scale * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
            values[i] = type switch
            {
                ElementType.F16 => (float)(Half)value,
                ElementType.BF16 => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) & 0xFFFF0000),
                ElementType.F8E4M3 or ElementType.F8E5M2 => Rounded(value, type, out _),
                _ => value,
            };
        }

        _types.Add(new TensorType(shape, type));
        _values.Add(values);
    }
}
