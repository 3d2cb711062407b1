using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>Float types that occur in files but in no kernel.</summary>
internal static unsafe class RareFloats
{
    /// <summary>One element in single precision.</summary>
    public static float ToSingle(byte* elements, nint index, ElementType type) => type switch
    {
        ElementType.F64 => (float)((double*)elements)[index],
        ElementType.F8E5M2 => (float)BitConverter.UInt16BitsToHalf((ushort)(elements[index] << 8)),
        ElementType.F8E4M3 => E4M3(elements[index]),
        _ => throw new ArgumentException($"A weight of type {type} cannot be multiplied: it is not a float type.", nameof(type)),
    };

    private static float E4M3(byte bits)
    {
        int exponent = (bits >> 3) & 15, mantissa = bits & 7;
        float magnitude = (bits & 0x7F) == 0x7F ? float.NaN
            : exponent == 0 ? mantissa * (1f / 512)
            : MathF.ScaleB(8 + mantissa, exponent - 10);
        return (bits & 0x80) == 0 ? magnitude : -magnitude;
    }
}
