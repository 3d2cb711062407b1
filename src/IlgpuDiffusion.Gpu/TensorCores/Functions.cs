using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

/// <summary>The graph's activations by the tensor cores' neighbours, the special function units: to about 22 bits.</summary>
internal static class Functions
{
    private const float Log2E = 1.44269504f;

    /// <summary>The activation of a number.</summary>
    public static float Of<T>(Activation activation, float x)
        where T : struct, ITensorCores
    {
        if (activation == Activation.Gelu)
        {
            return Gelu<T>(x);
        }

        if (activation == Activation.Relu)
        {
            return Relu.Of(x);
        }

        float factor = activation == Activation.QuickGelu ? -1.702f * Log2E : -Log2E;
        float exponent = activation == Activation.GeluTanh ? DeviceMath.GeluTanhExponent(x) : x * factor;
        return activation == Activation.None ? x : x * T.Reciprocal(1f + T.Exp2(exponent));
    }

    // x less, or 0 more, the tail |x|·Φ(−|x|), by the error function, Abramowitz and Stegun 7.1.26: within 1.5e-7.
    private static float Gelu<T>(float x)
        where T : struct, ITensorCores
    {
        const float Half = 0.5f, Root = 0.70710678f;
        float magnitude = MathF.Abs(x);
        float t = T.Reciprocal(1f + (0.3275911f * Root * magnitude));
        float sum = t * ((Half * 0.254829592f) + (t * ((Half * -0.284496736f) + (t * ((Half * 1.421413741f) + (t * ((Half * -1.453152027f) + (t * (Half * 1.061405429f)))))))));
        return MathF.Max(x, 0f) - (magnitude * (sum * T.Exp2(x * x * (-Half * Log2E))));
    }
}
