using ILGPU;
using ILGPU.IR.Intrinsics;
using IlgpuDiffusion.Gpu.Cuda;

namespace IlgpuDiffusion.Gpu;

/// <summary>
/// Elementary functions from additions, multiplications and shifts alone, as the CPU device has them: what a driver offers under their
/// names differs from device to device. On CUDA powers and quotients are instructions that are known to hold some 22 bits (<see cref="PtxAttribute"/>).
/// </summary>
internal static class DeviceMath
{
    /// <summary>log₂ e.</summary>
    public const float Log2E = 1.44269504088896341f;

    private const float GeluFirst = -2 * 0.79788456080286536f * Log2E;
    private const float GeluThird = GeluFirst * 0.044715f;

    // 1.5·2²³ + 127: adding it rounds to an integer and leaves integer + 127, an exponent field, in the low bits.
    private const float RoundToExponent = 12583039f;

    /// <summary>2^t, relative error below 1e-7, on CUDA 2e-7; 0 below −126.5 and +∞ above 127.5; NaN stays.</summary>
    [IntrinsicImplementation, Ptx("ex2.approx.ftz.f32 $r0, $0;", Otherwise = nameof(PortableExp2))]
    public static float Exp2(float t) => PortableExp2(t);

    /// <summary>a / b for b from 2⁻¹²⁶ to 2¹²⁶, on CUDA within two units of the last place.</summary>
    [IntrinsicImplementation, Ptx("div.approx.ftz.f32 $r0, $0, $1;", Otherwise = nameof(PortableQuotient))]
    public static float Quotient(float a, float b) => PortableQuotient(a, b);

    /// <summary><see cref="Exp2"/> where there is no instruction.</summary>
    public static float PortableExp2(float t)
    {
        // Two choices one after the other are two selections; one within the other would be branches.
        t = t < -127 ? -127 : t;
        t = t > 128 ? 128 : t;
        float rounded = t + RoundToExponent;
        float f = t - (rounded - RoundToExponent);

        // Minimax on [-1/2, 1/2] of relative error 2e-9, the constant term fixed at 1 so that whole powers are exact.
        float p = (f * 0.00015353361959569156f) + 0.0013398875016719103f;
        p = (p * f) + 0.00961843691766262f;
        p = (p * f) + 0.055503323674201965f;
        p = (p * f) + 0.24022647738456726f;
        p = (p * f) + 0.6931471824645996f;
        p = (p * f) + 1;
        return p * Interop.IntAsFloat(Interop.FloatAsInt(rounded) << 23);
    }

    /// <summary><see cref="Quotient"/> where there is no instruction.</summary>
    public static float PortableQuotient(float a, float b) => a / b;

    /// <summary>x / (1 + 2^exponent).</summary>
    public static float SigmoidProduct(float x, float exponent) =>

        // 2^126 is the largest power whose reciprocal is still a normal number.
        Quotient(x, 1 + Exp2(exponent > 126 ? 126 : exponent));

    /// <summary>The exponent −2√(2/π)·log₂e·(x + 0.044715x³), with which <see cref="SigmoidProduct"/> is GELU's form with the hyperbolic tangent.</summary>
    public static float GeluTanhExponent(float x) => x * (((x * x) * GeluThird) + GeluFirst);

    /// <summary>x·Φ(x) with the exact error function; absolute error below 3e-7.</summary>
    /// <remarks>erfc(z) = e^(−z²)·P(1/(1 + 0.4z)), the form of Abramowitz and Stegun 7.1.26 with a refitted polynomial of degree 6.</remarks>
    public static float Gelu(float x)
    {
        float magnitude = x < 0 ? -x : x;
        float t = Quotient(1, (magnitude * (0.4f * 0.70710678118654752f)) + 1);
        float p = (t * -0.205564484000206f) + 0.7306820750236511f;
        p = (p * t) - 0.4056429862976074f;
        p = (p * t) + 0.4960970878601074f;
        p = (p * t) + 0.15075868368148804f;
        p = (p * t) + 0.2336694896221161f;
        float upperTail = p * t * Exp2(x * x * (-0.5f * Log2E)) * 0.5f;
        return (x < 0 ? 0 : x) - (magnitude * upperTail);
    }
}
