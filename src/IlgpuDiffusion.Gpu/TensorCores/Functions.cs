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

    // Φ by the error function, Abramowitz and Stegun 7.1.26: within 1.5e-7.
    private static float Gelu<T>(float x)
        where T : struct, ITensorCores
    {
        float z = MathF.Abs(x) * 0.70710678f;
        float t = T.Reciprocal(1f + (0.3275911f * z));
        float sum = t * (0.254829592f + (t * (-0.284496736f + (t * (1.421413741f + (t * (-1.453152027f + (t * 1.061405429f))))))));
        float tail = 0.5f * sum * T.Exp2(-z * z * Log2E);
        return x * (x < 0f ? tail : 1f - tail);
    }
}
