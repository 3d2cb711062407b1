namespace IlgpuDiffusion.Sampling;

/// <summary>The quantile function of the beta(a, a) distribution with density (x (1 − x))^(a − 1), a &lt; 1.</summary>
internal static class BetaQuantile
{
    /// <summary>The x below which a fraction <paramref name="probability"/> lies, by bisection of the distribution function.</summary>
    public static double Of(double probability, double a)
    {
        if (probability is <= 0 or >= 1)
        {
            return probability <= 0 ? 0 : 1;
        }

        if (probability > 0.5)
        {
            return 1 - Of(1 - probability, a);
        }

        // Over z = x^a, in which the distribution function is smooth at 0.
        double target = probability * 2 * Integral(Math.Pow(0.5, a), a);
        (double low, double high) = (0, Math.Pow(0.5, a));
        for (int i = 0; i < 60; i++)
        {
            double middle = (low + high) / 2;
            (low, high) = Integral(middle, a) < target ? (middle, high) : (low, middle);
        }

        return Math.Pow((low + high) / 2, 1 / a);
    }

    /// <summary>a ∫₀ˣ (t (1 − t))^(a − 1) dt with z = x^a ≤ ½^a, by its power series z · Σ (1 − a)ₙ a / (n! (a + n)) xⁿ.</summary>
    private static double Integral(double z, double a)
    {
        double x = Math.Pow(z, 1 / a);
        double sum = 1;
        double factor = 1;
        for (int n = 1; n < 200; n++)
        {
            factor *= (n - a) / n * x;
            double term = factor * a / (a + n);
            sum += term;
            if (term < 1e-17 * sum)
            {
                break;
            }
        }

        return z * sum;
    }
}
