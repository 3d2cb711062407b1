using ILGPU;

namespace IlgpuDiffusion.Gpu.Kernels;

/// <summary>How a number is stored in an element type, rounded to nearest even, as a type argument.</summary>
internal interface INarrowElement<TElement>
    where TElement : unmanaged
{
    static abstract TElement Narrow(float value);
}

/// <summary>As single precision.</summary>
internal readonly struct ToSingle : INarrowElement<float>
{
    /// <inheritdoc/>
    public static float Narrow(float value) => value;
}

/// <summary>As bfloat16.</summary>
internal readonly struct ToBrain : INarrowElement<ushort>
{
    /// <inheritdoc/>
    public static ushort Narrow(float value)
    {
        uint bits = Interop.FloatAsInt(value);
        uint rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
        return (ushort)((bits & 0x7FFFFFFFu) > 0x7F800000u ? (bits >> 16) | 0x40u : rounded);
    }
}

/// <summary>As IEEE half precision.</summary>
internal readonly struct ToHalf : INarrowElement<ushort>
{
    /// <inheritdoc/>
    public static ushort Narrow(float value)
    {
        uint bits = Interop.FloatAsInt(value);
        uint sign = (bits >> 16) & 0x8000u;
        uint magnitude = bits & 0x7FFFFFFFu;
        uint half;
        if (magnitude > 0x7F800000u)
        {
            half = 0x7E00u | ((magnitude >> 13) & 0x1FFu);
        }
        else if (magnitude >= 0x477FF000u)
        {
            // Half a step past the largest half, and beyond.
            half = 0x7C00u;
        }
        else if (magnitude < 0x38800000u)
        {
            // Adding 1/2 leaves the multiple of 2⁻²⁴, the step of subnormal halves, in the low bits, rounded to even.
            half = Interop.FloatAsInt(Interop.IntAsFloat(magnitude) + 0.5f) - 0x3F000000u;
        }
        else
        {
            half = (magnitude - 0x38000000u + 0xFFFu + ((magnitude >> 13) & 1u)) >> 13;
        }

        return (ushort)(sign | half);
    }
}
