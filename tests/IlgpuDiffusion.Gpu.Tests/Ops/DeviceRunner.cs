using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu.Tests.Ops;

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

    public int RowBytes => Type.Shape.Channels * Type.Type.Size();

    /// <summary>Normal values from a seed.</summary>
    public static Operand Random(Shape shape, int seed, float scale = 1, float mean = 0)
    {
        Random random = new(seed);
        float[] values = new float[shape.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = mean + (float)(scale * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return new Operand(shape, values);
    }
}

/// <summary>Runs one op by itself on any device, with gaps between the operands' grid points and guards around them that must stay.</summary>
internal static class DeviceRunner
{
    private const int Guard = 256;
    private const byte Untouched = 0xA5;

    /// <summary>Runs an op whose first result is F32.</summary>
    /// <param name="device">The device.</param>
    /// <param name="op">The op.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="gap">Elements between grid points of every operand.</param>
    public static float[] Run(Device device, Op op, Operand[] inputs, int gap = 0) => MemoryMarshal.Cast<byte, float>(Bytes(device, op, inputs, gap)).ToArray();

    /// <summary>Runs an op; the bytes of its first result.</summary>
    public static byte[] Bytes(Device device, Op op, Operand[] inputs, int gap = 0)
    {
        TensorType[] types = [.. inputs.Select(i => i.Type)];
        TensorType[] plain = [.. types];
        TensorType result = op.Infer(types)[0];
        Prepared prepared = op.Prepare(device.Kernels, new Operands(types, [result]));
        List<DeviceMemory> memory = [];
        try
        {
            Place[] places = new Place[types.Length + 1];
            for (int i = 0; i < places.Length; i++)
            {
                places[i] = i < inputs.Length ? Lay(device, memory, inputs[i], gap) : Lay(device, memory, new Operand(result, []), gap);
            }

            for (int i = 0; i < types.Length; i++)
            {
                if (prepared.Layout(i) is { } layout)
                {
                    (types[i], places[i]) = Pack(device, memory, layout, types[i], places[i]);
                }
            }

            prepared = types.SequenceEqual(plain) ? prepared : op.Prepare(device.Kernels, new Operands(types, [result]));
            Launch(device, memory, prepared, places);
            return Read(device, memory, result, places[^1]);
        }
        finally
        {
            memory.ForEach(block => block.Dispose());
        }
    }

    /// <summary>Fails unless max |a − b| / (1 + |b|) is within the tolerance.</summary>
    public static void AssertClose(float[] expected, float[] actual, double tolerance, string what)
    {
        Assert.HasCount(expected.Length, actual, what);
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs((double)actual[i] - expected[i]) / (1 + Math.Abs(expected[i]));
            Assert.IsTrue(error <= tolerance, $"{what}: at {i} expected {expected[i]:R}, got {actual[i]:R}.");
            worst = Math.Max(worst, error);
        }

        Console.WriteLine($"measured {what}: {worst:E2}");
    }

    private static void Launch(Device device, List<DeviceMemory> memory, Prepared prepared, Place[] places)
    {
        if (prepared.Scratch > 0)
        {
            memory.Add(device.Allocate(prepared.Scratch, "scratch"));
            places = [.. places, new Place(Space.Arena, memory[^1].Address, 1, ElementType.U8)];
        }

        prepared.Bind(places, "test").Run(default, CancellationToken.None);
    }

    private static Place Lay(Device device, List<DeviceMemory> memory, Operand operand, int gap)
    {
        TensorType type = operand.Type;
        int size = type.Type.Size(), stride = type.Shape.Channels + gap;
        byte[] bytes = new byte[Extent(type, stride) + (2 * Guard)];
        Array.Fill(bytes, Untouched);
        for (int row = 0; operand.Data.Length > 0 && row < type.Shape.Rows; row++)
        {
            operand.Data.AsSpan(row * operand.RowBytes, operand.RowBytes).CopyTo(bytes.AsSpan(Guard + (row * stride * size)));
        }

        memory.Add(device.Allocate(bytes.Length, "test"));
        device.Upload(memory[^1].Address, bytes);
        return new Place(Space.Arena, memory[^1].Address + Guard, stride, type.Type);
    }

    private static long Extent(TensorType type, int stride) => (((long)(type.Shape.Rows - 1) * stride) + type.Shape.Channels) * type.Type.Size();

    private static (TensorType Type, Place Place) Pack(Device device, List<DeviceMemory> memory, WeightLayout layout, TensorType type, Place place)
    {
        TensorType packed = type with { Layout = layout };
        memory.Add(device.Allocate(packed.Bytes, "packed"));
        Place to = new(Space.Arena, memory[^1].Address, type.Shape.Channels, type.Type);
        Launch(device, memory, new Graphs.Ops.Pack(layout).Prepare(device.Kernels, new Operands([type], [packed])), [place, to]);
        return (packed, to);
    }

    private static byte[] Read(Device device, List<DeviceMemory> memory, TensorType result, Place place)
    {
        int size = result.Type.Size(), rowBytes = result.Shape.Channels * size, strideBytes = place.RowStride * size;
        byte[] all = new byte[Extent(result, place.RowStride) + (2 * Guard)];
        device.Download((nint)place.Offset - Guard, all);
        byte[] output = new byte[result.Shape.Rows * rowBytes];
        for (int i = 0; i < all.Length; i++)
        {
            int at = i - Guard, row = Math.DivRem(at, strideBytes, out int column);
            if (at >= 0 && column < rowBytes && row < result.Shape.Rows)
            {
                output[(row * rowBytes) + column] = all[i];
            }
            else
            {
                Assert.AreEqual(Untouched, all[i], $"byte {at} outside of the result was written");
            }
        }

        return output;
    }
}
