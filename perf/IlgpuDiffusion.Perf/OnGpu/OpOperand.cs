using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>An operand of an op: normal random numbers in a float type, or given integers.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Data">Its bytes.</param>
internal sealed record OpOperand(TensorType Type, byte[] Data)
{
    // A prime, so that no two rows of a power of two are alike.
    private const int Period = 1_048_573;

    private static readonly Lazy<float[]> Normals = new(Draw);

    /// <summary>Normal values of a shape in F32, F16 or BF16.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="type">The element type.</param>
    /// <param name="seed">Which numbers.</param>
    /// <param name="scale">Their standard deviation.</param>
    /// <param name="mean">Their mean.</param>
    public static OpOperand Random(Shape shape, ElementType type, int seed, double scale = 1, double mean = 0)
    {
        byte[] data = new byte[shape.Count * type.Size()];
        float[] normals = Normals.Value;
        int start = (int)((long)seed * 7919 % Period);
        const int Chunk = 1 << 20;
        Parallel.For(0, (int)((shape.Count + Chunk - 1) / Chunk), chunk =>
        {
            long first = (long)chunk * Chunk, end = Math.Min(shape.Count, first + Chunk);
            for (long i = first; i < end; i++)
            {
                Write(data, i, type, (float)(mean + (scale * normals[(int)((i + start) % Period)])));
            }
        });
        return new OpOperand(new TensorType(shape, type), data);
    }

    /// <summary>Integers.</summary>
    public static OpOperand Integers(Shape shape, params ReadOnlySpan<int> values) => new(new TensorType(shape, ElementType.I32), MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>Elements of a float type as single precision.</summary>
    public static float[] Floats(ReadOnlySpan<byte> data, ElementType type)
    {
        float[] values = new float[data.Length / type.Size()];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = type switch
            {
                ElementType.F16 => (float)MemoryMarshal.Read<Half>(data[(2 * i)..]),
                ElementType.BF16 => BitConverter.UInt32BitsToSingle((uint)MemoryMarshal.Read<ushort>(data[(2 * i)..]) << 16),
                ElementType.F64 => (float)MemoryMarshal.Read<double>(data[(8 * i)..]),
                _ => MemoryMarshal.Read<float>(data[(4 * i)..]),
            };
        }

        return values;
    }

    private static void Write(byte[] data, long i, ElementType type, float value)
    {
        switch (type)
        {
            case ElementType.F16:
                MemoryMarshal.Write(data.AsSpan((int)(2 * i)), (Half)value);
                break;
            case ElementType.BF16:
                // To nearest, ties to even; nothing here is near infinity.
                uint bits = BitConverter.SingleToUInt32Bits(value);
                MemoryMarshal.Write(data.AsSpan((int)(2 * i)), (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16));
                break;
            case ElementType.F32:
                MemoryMarshal.Write(data.AsSpan((int)(4 * i)), value);
                break;
            default:
                throw new ArgumentException($"No random numbers of {type}.", nameof(type));
        }
    }

    // Box and Muller 1958.
    private static float[] Draw()
    {
        Random random = new(1);
        return [.. Enumerable.Range(0, Period).Select(_ => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
    }
}
