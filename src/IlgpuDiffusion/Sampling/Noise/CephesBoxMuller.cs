namespace IlgpuDiffusion.Sampling;

/// <summary>
/// Box and Muller on 16 uniforms at a time in float32, with the logarithm, sine and cosine of the Cephes library (Moshier 1989), whose rounding
/// torch's AVX2 path has. Every operation is written out, fused where torch's build fuses it, so that the bits are torch's and the same on every machine.
/// </summary>
internal static class CephesBoxMuller
{
    private const int Half = 8;

    /// <summary>Turns [u₁ × 8, u₂ × 8] in [0, 1) into [r cos θ × 8, r sin θ × 8] with r = √(−2 ln(1 − u₁)), θ = 2π u₂.</summary>
    public static void Transform(Span<float> block)
    {
        for (int i = 0; i < Half; i++)
        {
            float radius = MathF.Sqrt(-2f * Log(1f - block[i]));
            (float sine, float cosine) = SinCos(MathF.Tau * block[i + Half]);
            block[i] = radius * cosine;
            block[i + Half] = radius * sine;
        }
    }

    /// <summary>ln x of a positive normal x.</summary>
    private static float Log(float x)
    {
        int bits = BitConverter.SingleToInt32Bits(x);
        float exponent = (bits >> 23) - 126;
        float m = BitConverter.Int32BitsToSingle((bits & 0x007fffff) | 0x3f000000);
        if (m < 0.707106781186547524f)
        {
            exponent -= 1f;
            m = m - 1f + m;
        }
        else
        {
            m -= 1f;
        }

        float square = m * m;
        float y = 7.0376836292e-2f;
        y = Fma(y, m, -1.1514610310e-1f);
        y = Fma(y, m, 1.1676998740e-1f);
        y = Fma(y, m, -1.2420140846e-1f);
        y = Fma(y, m, 1.4249322787e-1f);
        y = Fma(y, m, -1.6668057665e-1f);
        y = Fma(y, m, 2.0000714765e-1f);
        y = Fma(y, m, -2.4999993993e-1f);
        y = Fma(y, m, 3.3333331174e-1f);
        y = Fma(y * m, square, exponent * -2.12194440e-4f);
        y = Fma(-square, 0.5f, y);
        return Fma(exponent, 0.693359375f, m + y);
    }

    /// <summary>sin x and cos x of 0 ≤ x ≤ 2π.</summary>
    private static (float Sine, float Cosine) SinCos(float x)
    {
        // The octant, rounded up to even, and x reduced by it in three parts of π/4 (Cody and Waite).
        int octant = ((int)(x * 1.27323954473516f) + 1) & ~1;
        float y = octant;
        x = Fma(y, -0.78515625f, x);
        x = Fma(y, -2.4187564849853515625e-4f, x);
        x = Fma(y, -3.77489497744594108e-8f, x);

        float square = x * x;
        float cosine = 2.443315711809948e-5f;
        cosine = Fma(cosine, square, -1.388731625493765e-3f);
        cosine = Fma(cosine, square, 4.166664568298827e-2f);
        cosine = Fma(cosine * square, square, -(square * 0.5f)) + 1f;

        float sine = -1.9515295891e-4f;
        sine = Fma(sine, square, 8.3321608736e-3f);
        sine = Fma(sine, square, -1.6666654611e-1f);
        sine = Fma(sine * square, x, x);

        if ((octant & 2) != 0)
        {
            (sine, cosine) = (cosine, sine);
        }

        return ((octant & 4) != 0 ? -sine : sine, ((octant - 2) & 4) == 0 ? -cosine : cosine);
    }

    private static float Fma(float a, float b, float c) => MathF.FusedMultiplyAdd(a, b, c);
}
