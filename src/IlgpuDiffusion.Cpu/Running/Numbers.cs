using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>Conversions between float types.</summary>
internal static unsafe class Numbers
{
    /// <summary>Whether <see cref="Widen"/> reads the type.</summary>
    public static bool CanWiden(ElementType type) => type.IsFloat();

    /// <summary>Whether <see cref="Narrow"/> writes the type.</summary>
    public static bool CanNarrow(ElementType type) => type is ElementType.F32 or ElementType.F16 or ElementType.BF16;

    /// <summary>Any float type to single precision; f64 is rounded.</summary>
    public static void Widen(ElementType type, byte* from, float* to, int count)
    {
        switch (type)
        {
            case ElementType.F32:
                NativeMemory.Copy(from, to, (nuint)count * sizeof(float));
                break;
            case ElementType.F16 or ElementType.BF16 or ElementType.F8E5M2:
                Widening.ToSingle(to, from, count, type);
                break;
            case ElementType.F64:
                TensorPrimitives.ConvertTruncating(new ReadOnlySpan<double>(from, count), new Span<float>(to, count));
                break;
            case ElementType.F8E4M3:
                for (int i = 0; i < count; i++)
                {
                    to[i] = E4M3(from[i]);
                }

                break;
            default:
                throw new NotSupportedException($"{type} is not a float type.");
        }
    }

    /// <summary>Single precision to F32, F16 or BF16, rounded to nearest even.</summary>
    public static void Narrow(ElementType type, float* from, byte* to, int count)
    {
        switch (type)
        {
            case ElementType.F32:
                NativeMemory.Copy(from, to, (nuint)count * sizeof(float));
                break;
            case ElementType.F16:
                TensorPrimitives.ConvertToHalf(new ReadOnlySpan<float>(from, count), new Span<Half>(to, count));
                break;
            case ElementType.BF16:
                for (int i = 0; i < count; i++)
                {
                    ((ushort*)to)[i] = BFloat16(from[i]);
                }

                break;
            default:
                throw new NotSupportedException($"Single precision cannot be narrowed to {type}.");
        }
    }

    private static float E4M3(byte bits)
    {
        int exponent = (bits >> 3) & 15, mantissa = bits & 7;
        float magnitude = (exponent, mantissa) switch
        {
            (15, 7) => float.NaN,
            (0, _) => mantissa * (1f / 512),
            _ => BitConverter.Int32BitsToSingle(((exponent + 120) << 23) | (mantissa << 20)),
        };
        return (bits & 0x80) == 0 ? magnitude : -magnitude;
    }

    private static ushort BFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
