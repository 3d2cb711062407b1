using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu.Tests.Matrix;

/// <summary>A product with random operands: computed by the device, and by plain loops in double precision.</summary>
internal sealed class ProductCase
{
    private readonly Op _op;
    private readonly Prologue _prologue;
    private readonly Epilogue _epilogue;
    private readonly ConvolutionMethod? _method;
    private readonly List<TensorType> _types = [];
    private readonly List<float[]> _values = [];

    private ProductCase(Op op, Prologue prologue, Epilogue epilogue, Shape x, Shape weight, ElementType weightType, int scaleRows, int biasRows, int seed, ConvolutionMethod? method = null)
    {
        (_op, _prologue, _epilogue, _method) = (op, prologue, epilogue, method);
        Random random = new(seed);
        int fan = op is Conv2d ? weight.Height * weight.Width * weight.Channels : weight.Channels;
        int rows = op is Conv2d ? weight.Batch : weight.Width;
        Add(x, random, 1);
        Add(weight, random, 1 / Math.Sqrt(fan), weightType);
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
            Add(Result, random, 1);
        }

        Assert.AreEqual(Result, op.Infer([.. _types])[0].Shape);
    }

    public Shape Result { get; }

    public static ProductCase Linear(Shape x, int outputs, Prologue prologue = Prologue.None, Epilogue epilogue = default, ElementType weights = ElementType.F32, int scaleRows = 1, int biasRows = 1, int seed = 1) =>
        new(new Linear(prologue, epilogue), prologue, epilogue, x, Shape.Matrix(outputs, x.Channels), weights, scaleRows, biasRows, seed);

    public static ProductCase Convolution(Shape x, int outputs, Grid kernel, int stride, Padding padding, Grid resize = default, Prologue prologue = Prologue.None, Epilogue epilogue = default, ElementType weights = ElementType.F32, int scaleRows = 1, int biasRows = 1, int seed = 1, ConvolutionMethod? method = null, bool phases = false) =>
        new(new Conv2d(stride, padding, resize, prologue, epilogue, Winograd: method is not null, Phases: phases), prologue, epilogue, x, new Shape(outputs, x.Channels, kernel.Height, kernel.Width), weights, scaleRows, biasRows, seed, method);

    /// <summary>Runs on the device's kernels; strides beyond the channels leave gaps that must stay untouched.</summary>
    public unsafe float[] Run(WorkerPool pool, int gap = 0, bool packed = true)
    {
        List<NativeFloats> memories = [];
        try
        {
            List<Place> places = [];
            TensorType[] types = [.. _types];
            for (int i = 0; i < types.Length; i++)
            {
                int channels = types[i].Shape.Channels, stride = i == 1 ? channels : channels + gap;
                NativeFloats memory = i == 1 ? Elements(_values[1], types[1].Type) : NativeFloats.Rows(_values[i], channels, stride);
                memories.Add(memory);
                places.Add(memory.Place(stride, types[i].Type));
            }

            TensorType result = new(Result);
            if (packed)
            {
                WeightLayout layout = Prepare(pool, types, result).Layout(1)!;
                TensorType packedType = types[1] with { Layout = layout };
                NativeFloats panels = new(packedType.Bytes);
                memories.Add(panels);
                Place target = panels.Place(1, types[1].Type);
                Products.Pack(pool, new Pack(layout), new Operands([types[1]], [packedType])).Bind([places[1], target], "pack").Run(default, CancellationToken.None);
                panels.AssertGuard();
                (places[1], types[1]) = (target, packedType);
            }

            Prepared prepared = Prepare(pool, types, result);
            int resultStride = Result.Channels + gap;
            NativeFloats y = NativeFloats.Rows(new float[Result.Count], Result.Channels, resultStride), scratch = new(prepared.Scratch);
            memories.AddRange([y, scratch]);
            places.Add(y.Place(resultStride));
            if (prepared.Scratch > 0)
            {
                places.Add(scratch.Place(1));
            }

            prepared.Bind(places.ToArray(), "product").Run(default, CancellationToken.None);
            memories.ForEach(memory => memory.AssertGuard());
            return Rows(y.Floats, Result.Channels, resultStride);
        }
        finally
        {
            memories.ForEach(memory => memory.Dispose());
        }
    }

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

    private Prepared Prepare(WorkerPool pool, TensorType[] types, TensorType result) => _op is Conv2d convolution
        ? Products.Conv2d(pool, convolution, new Operands(types, [result]), _method)
        : Products.Linear(pool, (Linear)_op, new Operands(types, [result]));

    private static Shape Output(Op op, Shape x, Shape weight)
    {
        if (op is not Conv2d c)
        {
            return x with { Channels = ((Linear)op).Epilogue.Gated ? weight.Width / 2 : weight.Width };
        }

        return new Conv2d(c.Stride, c.Padding, c.Resize).Infer([new TensorType(x), new TensorType(weight)])[0].Shape;
    }

    private static unsafe NativeFloats Elements(float[] values, ElementType type)
    {
        NativeFloats memory = new((long)values.Length * type.Size());
        for (int i = 0; i < values.Length; i++)
        {
            if (type == ElementType.F32)
            {
                memory.Floats[i] = values[i];
            }
            else
            {
                memory.Words[i] = type == ElementType.F16 ? BitConverter.HalfToUInt16Bits((Half)values[i]) : (ushort)(BitConverter.SingleToUInt32Bits(values[i]) >> 16);
            }
        }

        return memory;
    }

    private static float[] Rows(Span<float> memory, int channels, int stride)
    {
        float[] values = new float[(memory.Length + stride - channels) / stride * channels];
        for (int i = 0; i < values.Length / channels; i++)
        {
            memory.Slice(i * stride, channels).CopyTo(values.AsSpan(i * channels));
            Span<float> gap = memory[((i * stride) + channels)..Math.Min(memory.Length, (i + 1) * stride)];
            Assert.IsFalse(gap.ContainsAnyExcept(float.NaN), "Wrote between the rows.");
        }

        return values;
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
                _ => value,
            };
        }

        _types.Add(new TensorType(shape, type));
        _values.Add(values);
    }
}
