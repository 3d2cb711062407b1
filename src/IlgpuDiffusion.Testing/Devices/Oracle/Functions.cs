using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Testing.Oracle;

/// <summary>Functions of one number in f64.</summary>
internal static class Functions
{
    public static double Apply(this Activation function, double x) => function switch
    {
        Activation.None => x,
        Activation.Silu => x / (1 + Math.Exp(-x)),
        Activation.Gelu => x * 0.5 * Erfc(-x / Math.Sqrt(2)),
        Activation.Relu => Math.Max(x, 0),
        Activation.QuickGelu => x / (1 + Math.Exp(-1.702 * x)),

        // 1 + tanh z is 2 / (1 + exp(−2z)), which keeps its digits where tanh z is near −1.
        Activation.GeluTanh => x / (1 + Math.Exp(-2 * Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
        _ => throw new ArgumentOutOfRangeException(nameof(function), function, "Unknown activation."),
    };

    /// <summary>1 − erf(x): the power series near 0, Laplace's continued fraction in the tails.</summary>
    public static double Erfc(double x)
    {
        if (double.IsNaN(x))
        {
            return x;
        }

        if (x < 0)
        {
            return 2 - Erfc(-x);
        }

        return x < 2 ? 1 - ErfSeries(x) : x > 30 ? 0 : ErfcFraction(x);
    }

    // erf x = 2/√π · exp(−x²) · Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1)): no terms of changing sign.
    private static double ErfSeries(double x)
    {
        double term = x;
        double sum = x;
        for (int n = 1; term > sum * 1e-17; n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    // erfc x = exp(−x²)/√π / (x + (1/2)/(x + 1/(x + (3/2)/(x + …)))).
    private static double ErfcFraction(double x)
    {
        double tail = x;
        for (int n = 120; n > 0; n--)
        {
            tail = x + (n / 2.0 / tail);
        }

        return Math.Exp(-x * x) / Math.Sqrt(Math.PI) / tail;
    }
}
