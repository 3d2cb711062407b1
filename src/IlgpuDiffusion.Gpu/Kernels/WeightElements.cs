using ILGPU;

namespace IlgpuDiffusion.Gpu.Kernels;

/// <summary>How a weight's element in memory becomes a number, as a type argument.</summary>
/// <typeparam name="TElement">The element in memory.</typeparam>
internal interface IWeightElement<TElement>
    where TElement : unmanaged
{
    /// <summary>The number, exactly.</summary>
    static abstract float Widen(TElement element);
}

/// <summary>Single precision.</summary>
internal readonly struct SingleElement : IWeightElement<float>
{
    /// <inheritdoc/>
    public static float Widen(float element) => element;
}

/// <summary>bfloat16: the upper half of a single.</summary>
internal readonly struct BrainElement : IWeightElement<ushort>
{
    /// <inheritdoc/>
    public static float Widen(ushort element) => Interop.IntAsFloat((uint)element << 16);
}

/// <summary>IEEE half precision, widened by integer steps: not every device has a half type, and some flush subnormal singles.</summary>
internal readonly struct HalfElement : IWeightElement<ushort>
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
}
