using ILGPU;
using Half = ILGPU.Half;

namespace IlgpuDiffusion.Gpu;

/// <summary>IEEE half precision by integer steps: not every device has a half type, and some flush subnormal singles.</summary>
internal readonly struct Float16Format : IElementFormat<ushort>
{
    private const uint ExponentShift = 112u << 23;

    /// <inheritdoc/>
    public static float Widen(ushort element)
    {
        uint sign = ((uint)element & 0x8000u) << 16;
        uint bits = ((uint)element & 0x7FFFu) << 13;
        if (bits < 1u << 23)
        {
            // A subnormal half: its bits below 2⁻¹⁴, which is then taken away.
            float magnitude = Interop.IntAsFloat(bits + ExponentShift + (1u << 23)) - 6.103515625e-05f;
            return sign != 0u ? -magnitude : magnitude;
        }

        // The exponent field of infinity and NaN moves twice as far.
        uint shift = bits >= 31u << 23 ? 2u * ExponentShift : ExponentShift;
        return Interop.IntAsFloat((bits + shift) | sign);
    }

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

    /// <inheritdoc/>
    public static Octet LoadEight(ArrayView<ushort> memory, int at) => Octets.Widen<Float16Format>(memory.Cast<U4>()[at >> 3]);

    /// <inheritdoc/>
    public static void StoreEight(ArrayView<ushort> memory, int at, Octet x) => memory.Cast<U4>()[at >> 3] = Octets.Narrow<Float16Format>(x);
}

/// <summary>IEEE half precision by CUDA's instructions: the steps of <see cref="Float16Format"/> would take longer there than the memory does.</summary>
internal readonly struct CudaFloat16Format : IElementFormat<ushort>
{
    /// <inheritdoc/>
    public static float Widen(ushort element) => Interop.IntAsFloat(element);

    /// <inheritdoc/>
    public static ushort Narrow(float value) => Interop.FloatAsInt((Half)value);

    /// <inheritdoc/>
    public static Octet LoadEight(ArrayView<ushort> memory, int at) => Octets.Widen<CudaFloat16Format>(memory.Cast<U4>()[at >> 3]);

    /// <inheritdoc/>
    public static void StoreEight(ArrayView<ushort> memory, int at, Octet x) => memory.Cast<U4>()[at >> 3] = Octets.Narrow<CudaFloat16Format>(x);
}
