using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Weights;

/// <summary>Conversions between stored elements and float32: exact where float32 holds the value, else rounded to nearest, ties to even.</summary>
internal static unsafe class TensorConvert
{
    /// <summary>Converts stored elements to float32. Pointers need no alignment; the ranges must not overlap.</summary>
    public static void ToSingle(ElementType type, byte* source, float* destination, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        switch (type)
        {
            case ElementType.F32:
                Buffer.MemoryCopy(source, destination, count * sizeof(float), count * sizeof(float));
                break;
            case ElementType.F16:
                HalfConvert.ToSingle((ushort*)source, destination, count);
                break;
            case ElementType.BF16:
                BrainConvert.ToSingle((ushort*)source, destination, count);
                break;
            case ElementType.F8E4M3:
                TinyConvert.ToSingle(TinyConvert.E4M3, source, destination, count);
                break;
            case ElementType.F8E5M2:
                TinyConvert.ToSingle(TinyConvert.E5M2, source, destination, count);
                break;
            case ElementType.U64:
                for (long i = 0; i < count; i++)
                {
                    destination[i] = ToSingle(((ulong*)source)[i]);
                }

                break;
            case ElementType.Bool:
                for (long i = 0; i < count; i++)
                {
                    destination[i] = source[i] != 0 ? 1 : 0;
                }

                break;
            case ElementType.F64:
                Cast<double>(source, destination, count);
                break;
            case ElementType.I8:
                Cast<sbyte>(source, destination, count);
                break;
            case ElementType.U8:
                Cast<byte>(source, destination, count);
                break;
            case ElementType.I16:
                Cast<short>(source, destination, count);
                break;
            case ElementType.U16:
                Cast<ushort>(source, destination, count);
                break;
            case ElementType.I32:
                Cast<int>(source, destination, count);
                break;
            case ElementType.U32:
                Cast<uint>(source, destination, count);
                break;
            case ElementType.I64:
                Cast<long>(source, destination, count);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown element type.");
        }
    }

    /// <summary>Converts as many stored elements to float32 as the destination has.</summary>
    public static void ToSingle(ElementType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(source.Length, (long)destination.Length * type.Size(), nameof(source));
        fixed (byte* from = source)
        fixed (float* to = destination)
        {
            ToSingle(type, from, to, destination.Length);
        }
    }

    /// <summary>Rounds float32 to a float type. F8_E4M3 saturates at ±448, also from infinity; the others overflow to infinity.</summary>
    public static void FromSingle(ElementType type, float* source, byte* destination, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        switch (type)
        {
            case ElementType.F32:
                Buffer.MemoryCopy(source, destination, count * sizeof(float), count * sizeof(float));
                break;
            case ElementType.F16:
                HalfConvert.FromSingle(source, (ushort*)destination, count);
                break;
            case ElementType.BF16:
                BrainConvert.FromSingle(source, (ushort*)destination, count);
                break;
            case ElementType.F8E4M3:
                TinyConvert.ToE4M3(source, destination, count);
                break;
            case ElementType.F8E5M2:
                TinyConvert.ToE5M2(source, destination, count);
                break;
            case ElementType.F64:
                for (long i = 0; i < count; i++)
                {
                    ((double*)destination)[i] = source[i];
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Float32 is rounded only to float types.");
        }
    }

    /// <summary>Rounds float32 values to a float type; the destination takes at least as many bytes as they need.</summary>
    public static void FromSingle(ElementType type, ReadOnlySpan<float> source, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, (long)source.Length * type.Size(), nameof(destination));
        fixed (float* from = source)
        fixed (byte* to = destination)
        {
            FromSingle(type, from, to, source.Length);
        }
    }

    /// <summary>The index of the first value that is NaN or infinite, or -1.</summary>
    public static long FindNonFinite(ReadOnlySpan<float> values)
    {
        fixed (float* source = values)
        {
            return NonFinite.Find(ElementType.F32, (byte*)source, values.Length);
        }
    }

    private static void Cast<T>(byte* source, float* destination, long count)
        where T : unmanaged, System.Numerics.INumberBase<T>
    {
        for (long i = 0; i < count; i++)
        {
            destination[i] = float.CreateTruncating(((T*)source)[i]);
        }
    }

    /// <summary>Correctly rounded; a cast may go through float64 and round twice.</summary>
    private static float ToSingle(ulong value) =>
        (long)value >= 0 ? (float)(long)value : (float)(long)((value >> 1) | (value & 1)) * 2;
}
