using System.Runtime.InteropServices;
using IlgpuDiffusion.Cpu.Tests.Matrix;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu.Tests.Ops;

/// <summary>An operand's values; floats if it is F32.</summary>
internal sealed record Operand(TensorType Type, byte[] Data)
{
    public Operand(Shape shape, float[] values)
        : this(new TensorType(shape), MemoryMarshal.AsBytes<float>(values).ToArray())
    {
    }

    public Operand(Shape shape, int[] values)
        : this(new TensorType(shape, ElementType.I32), MemoryMarshal.AsBytes<int>(values).ToArray())
    {
    }

    public Operand(Shape shape, double[] values)
        : this(new TensorType(shape, ElementType.F64), MemoryMarshal.AsBytes<double>(values).ToArray())
    {
    }

    public ReadOnlySpan<float> Floats => MemoryMarshal.Cast<byte, float>(Data);

    public int RowBytes => Type.Shape.Channels * Type.Type.Size();

    /// <summary>Normal values from a seed.</summary>
    public static Operand Random(Shape shape, int seed, float scale = 1)
    {
        Random random = new(seed);
        float[] values = new float[shape.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(scale * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return new Operand(shape, values);
    }

    /// <summary>Some images of the batch.</summary>
    public Operand Images(int start, int count)
    {
        int image = Data.Length / Type.Shape.Batch;
        return new Operand(Type with { Shape = Type.Shape with { Batch = count } }, Data.AsSpan(start * image, count * image).ToArray());
    }
}

/// <summary>Runs one op by itself, with operands that lie in memory with gaps between grid points and guards behind.</summary>
internal static class OpRunner
{
    /// <summary>Runs the op.</summary>
    /// <param name="op">The op.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="threads">Threads of the device.</param>
    /// <param name="gap">Elements between grid points of every operand.</param>
    public static float[] Run(Op op, Operand[] inputs, int threads = 2, int gap = 0) => MemoryMarshal.Cast<byte, float>(Bytes(op, inputs, threads, gap)).ToArray();

    public static byte[] Bytes(Op op, Operand[] inputs, int threads = 2, int gap = 0, Action<Action>? around = null)
    {
        TensorType[] types = [.. inputs.Select(i => i.Type)];
        TensorType result = op.Infer(types)[0];
        using CpuDevice device = new(new CpuDeviceOptions { Threads = threads });
        Prepared prepared = op.Prepare(device.Kernels, new Operands(types, [result]));
        List<NativeFloats> memory = [];
        List<Place> places = [];
        foreach (TensorType type in (TensorType[])[.. types, result])
        {
            int size = type.Type.Size(), stride = type.Shape.Channels + gap;
            memory.Add(new NativeFloats(((long)(type.Shape.Rows - 1) * stride * size) + (type.Shape.Channels * size)));
            places.Add(memory[^1].Place(stride, type.Type));
            for (int row = 0; memory.Count <= inputs.Length && row < type.Shape.Rows; row++)
            {
                Operand input = inputs[memory.Count - 1];
                input.Data.AsSpan(row * input.RowBytes, input.RowBytes).CopyTo(memory[^1].Bytes[(row * stride * size)..]);
            }
        }

        if (prepared.Scratch > 0)
        {
            memory.Add(new NativeFloats(prepared.Scratch));
            places.Add(memory[^1].Place(1));
        }

        Launch launch = prepared.Bind(CollectionsMarshal.AsSpan(places), "test");
        around ??= run => run();
        around(() => launch.Run(default, CancellationToken.None));
        byte[] output = new byte[result.Bytes];
        int rowBytes = result.Shape.Channels * result.Type.Size();
        for (int row = 0; row < result.Shape.Rows; row++)
        {
            memory[inputs.Length].Bytes.Slice(row * (rowBytes + (gap * result.Type.Size())), rowBytes).CopyTo(output.AsSpan(row * rowBytes));
        }

        foreach (NativeFloats block in memory)
        {
            block.AssertGuard();
            block.Dispose();
        }

        return output;
    }

    /// <summary>Fails unless max |a − b| / (1 + |b|) is within the tolerance.</summary>
    public static void AssertClose(double[] expected, float[] actual, double tolerance, string what)
    {
        Assert.HasCount(expected.Length, actual, what);
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(actual[i] - expected[i]) / (1 + Math.Abs(expected[i]));
            Assert.IsTrue(error <= tolerance, $"{what}: at {i} expected {expected[i]:R}, got {actual[i]:R}.");
            worst = Math.Max(worst, error);
        }

        Console.WriteLine($"measured {what}: {worst:E2}");
    }
}
