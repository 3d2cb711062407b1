namespace IlgpuDiffusion.Weights;

/// <summary>The 8-bit floats of Micikevicius et al., "FP8 formats for deep learning" (2022): E4M3 (finite) and E5M2.</summary>
internal static unsafe class TinyConvert
{
    /// <summary>The value of every E4M3 pattern.</summary>
    public static readonly float[] E4M3 = Table(3, 7, finite: true);

    /// <summary>The value of every E5M2 pattern.</summary>
    public static readonly float[] E5M2 = Table(2, 15, finite: false);

    public static void ToSingle(float[] table, byte* source, float* destination, long count)
    {
        for (long i = 0; i < count; i++)
        {
            destination[i] = table[source[i]];
        }
    }

    public static void ToE4M3(float* source, byte* destination, long count)
    {
        for (long i = 0; i < count; i++)
        {
            destination[i] = Round(BitConverter.SingleToUInt32Bits(source[i]), 3, 7, largest: 0x7E);
        }
    }

    public static void ToE5M2(float* source, byte* destination, long count)
    {
        for (long i = 0; i < count; i++)
        {
            destination[i] = Round(BitConverter.SingleToUInt32Bits(source[i]), 2, 15, largest: 0x7C);
        }
    }

    private static byte Round(uint bits, int mantissaBits, int bias, uint largest)
    {
        var sign = (bits >> 24) & 0x80;
        var magnitude = bits & 0x7FFFFFFF;
        if (magnitude > 0x7F800000)
        {
            return (byte)(sign | 0x7F);
        }

        var shift = 23 - mantissaBits;
        uint result;
        if (magnitude < (uint)(128 - bias) << 23)
        {
            // Subnormal: the adder rounds to the smallest step if a number of that ulp is added.
            var step = BitConverter.UInt32BitsToSingle((uint)(128 - bias + shift) << 23);
            result = BitConverter.SingleToUInt32Bits(BitConverter.UInt32BitsToSingle(magnitude) + step) - BitConverter.SingleToUInt32Bits(step);
        }
        else
        {
            result = (magnitude - ((uint)(127 - bias) << 23) + (1u << (shift - 1)) - 1 + ((magnitude >> shift) & 1)) >> shift;
        }

        return (byte)(sign | Math.Min(result, largest));
    }

    private static float[] Table(int mantissaBits, int bias, bool finite)
    {
        var table = new float[256];
        for (var pattern = 0; pattern < 256; pattern++)
        {
            var mantissa = pattern & ((1 << mantissaBits) - 1);
            var exponent = (pattern & 0x7F) >> mantissaBits;
            var top = exponent == 0x7F >> mantissaBits;
            var fraction = (float)mantissa / (1 << mantissaBits);
            var magnitude = top && !finite
                ? (mantissa == 0 ? float.PositiveInfinity : float.NaN)
                : finite && (pattern & 0x7F) == 0x7F
                    ? float.NaN
                    : exponent == 0
                        ? MathF.ScaleB(fraction, 1 - bias)
                        : MathF.ScaleB(1 + fraction, exponent - bias);
            table[pattern] = pattern < 128 ? magnitude : -magnitude;
        }

        return table;
    }
}
