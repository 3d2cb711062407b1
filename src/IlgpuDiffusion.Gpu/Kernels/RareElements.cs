using ILGPU;

namespace IlgpuDiffusion.Gpu.Kernels;

/// <summary>Double precision, rounded to single.</summary>
internal readonly struct DoubleElement : IWeightElement<double>
{
    /// <inheritdoc/>
    public static float Widen(double element) => (float)element;
}

/// <summary>8-bit float with 4 exponent and 3 mantissa bits, finite only.</summary>
internal readonly struct E4M3Element : IWeightElement<byte>
{
    /// <inheritdoc/>
    public static float Widen(byte element)
    {
        uint exponent = ((uint)element >> 3) & 15u, mantissa = (uint)element & 7u;
        float magnitude = Interop.IntAsFloat(((exponent + 120u) << 23) | (mantissa << 20));
        if (exponent == 0u)
        {
            magnitude = (int)mantissa * (1f / 512);
        }
        else if (exponent == 15u && mantissa == 7u)
        {
            magnitude = Interop.IntAsFloat(0x7FC00000u);
        }

        return ((uint)element & 0x80u) != 0u ? -magnitude : magnitude;
    }
}

/// <summary>8-bit float with 5 exponent and 2 mantissa bits: the upper half of a half-precision number.</summary>
internal readonly struct E5M2Element : IWeightElement<byte>
{
    /// <inheritdoc/>
    public static float Widen(byte element) => HalfElement.Widen((ushort)(element << 8));
}
