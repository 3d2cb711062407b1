using ILGPU;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu.Kernels;

/// <summary>Functions of one number from additions, multiplications and shifts, so that every device of ILGPU compiles them.</summary>
internal static class KernelMath
{
    private const float Log2E = 1.44269504088896341f;

    /// <summary>1.5·2²³ + 127: adding it rounds to an integer and leaves integer + 127, an exponent field, in the low bits.</summary>
    private const float RoundToExponent = 12583039f;

    /// <summary>2^t, relative error below 2e-7; 0 below −126.5 and +∞ above 127.5; NaN stays.</summary>
    public static float Exp2(float t)
    {
        // Comparisons written so that NaN passes.
        t = t < -127f ? -127f : t;
        t = t > 128f ? 128f : t;
        float rounded = t + RoundToExponent;
        float f = t - (rounded - RoundToExponent);
        float p = (f * 0.00015353361959569156f) + 0.0013398875016719103f;
        p = (p * f) + 0.00961843691766262f;
        p = (p * f) + 0.055503323674201965f;
        p = (p * f) + 0.24022647738456726f;
        p = (p * f) + 0.6931471824645996f;
        p = (p * f) + 1f;
        return p * Interop.IntAsFloat(Interop.FloatAsInt(rounded) << 23);
    }

    /// <summary>x·sigmoid(x).</summary>
    public static float Silu(float x) => SigmoidProduct(x, -Log2E);

    /// <summary>x·sigmoid(1.702·x).</summary>
    public static float QuickGelu(float x) => SigmoidProduct(x, -1.702f * Log2E);

    /// <summary>x·Φ(x); erfc(z) = e^(−z²)·P(1/(1 + 0.4z)), the form of Abramowitz and Stegun 7.1.26 with a refitted polynomial of degree 6.</summary>
    public static float Gelu(float x)
    {
        float magnitude = x < 0f ? -x : x;
        float t = 1f / ((magnitude * (0.4f * 0.70710678118654752f)) + 1f);
        float gauss = Exp2(x * x * (-0.5f * Log2E));
        float p = (t * -0.205564484000206f) + 0.7306820750236511f;
        p = (p * t) - 0.4056429862976074f;
        p = (p * t) + 0.4960970878601074f;
        p = (p * t) + 0.15075868368148804f;
        p = (p * t) + 0.2336694896221161f;
        float upperTail = p * t * gauss * 0.5f;

        // x·Φ(x) = max(x, 0) − |x|·Φ(−|x|); NaN stays.
        return (x < 0f ? 0f : x) - (magnitude * upperTail);
    }

    /// <summary>An activation by its number.</summary>
    public static float Activate(int activation, float x)
    {
        if (activation == (int)Activation.Silu)
        {
            return Silu(x);
        }

        if (activation == (int)Activation.Gelu)
        {
            return Gelu(x);
        }

        return activation == (int)Activation.QuickGelu ? QuickGelu(x) : x;
    }

    private static float SigmoidProduct(float x, float scale)
    {
        // 2^126 is the largest power whose reciprocal is still a normal number.
        float exponent = x * scale;
        return x / (1f + Exp2(exponent > 126f ? 126f : exponent));
    }
}
