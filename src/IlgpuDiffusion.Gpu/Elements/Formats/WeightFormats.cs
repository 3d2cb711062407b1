using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>Double precision, rounded to single.</summary>
internal readonly struct Float64Format : IWeightFormat<double>
{
    /// <inheritdoc/>
    public static float Widen(double element) => (float)element;
}

/// <summary>8-bit float with 4 exponent and 3 mantissa bits, finite only.</summary>
internal readonly struct E4M3Element : IWeightFormat<byte>
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
internal readonly struct E5M2Element : IWeightFormat<byte>
{
    /// <inheritdoc/>
    public static float Widen(byte element) => Float16Format.Widen((ushort)(element << 8));
}
