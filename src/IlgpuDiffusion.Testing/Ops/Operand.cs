using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Testing;

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

    /// <summary>Some images of the batch.</summary>
    public Operand Images(int start, int count)
    {
        int image = Data.Length / Type.Shape.Batch;
        return new Operand(Type with { Shape = Type.Shape with { Batch = count } }, Data.AsSpan(start * image, count * image).ToArray());
    }
}
