using System.Text.Json.Serialization;

namespace IlgpuDiffusion.Acceleration;

/// <summary>
/// How a value that is not computed is foreseen: Σ cᵢ·slotᵢ, with coefficients from the times of the evaluations alone. Times go from −1 at the first evaluation of the run to 1 after its last.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Reuse), "reuse")]
[JsonDerivedType(typeof(Taylor), "taylor")]
[JsonDerivedType(typeof(Chebyshev), "chebyshev")]
public abstract record Forecast
{
    /// <summary>How many slots it needs.</summary>
    public abstract int Slots { get; }

    /// <summary>Whether slots hold sums over all computed values, each times its <see cref="Basis"/>, rather than the last values, the newest first.</summary>
    public virtual bool Sums => false;

    /// <summary>cᵢ for each slot.</summary>
    /// <param name="computed">The times at which values were computed, in order; at least one.</param>
    /// <param name="at">The time that is foreseen.</param>
    public abstract double[] Coefficients(IReadOnlyList<double> computed, double at);

    /// <summary>By what a value computed at a time is multiplied before it is added to each slot.</summary>
    public virtual double[] Basis(double time) => [1];

    /// <exception cref="PolicyException">A setting is out of range; the message names it, below the setting that holds the forecast.</exception>
    internal abstract void Check(string path);
}

/// <summary>As it was when it was computed last.</summary>
public sealed record Reuse : Forecast
{
    /// <inheritdoc/>
    public override int Slots => 1;

    /// <inheritdoc/>
    public override double[] Coefficients(IReadOnlyList<double> computed, double at) => [1];

    internal override void Check(string path)
    {
    }
}

/// <summary>
/// The polynomial through the last values (order 1: a line through two). TaylorSeer (Liu et al. 2025, arXiv:2503.06923) takes backward differences for derivatives in a
/// Taylor series, which is the same at order 1 and misses a parabola at order 2; this one meets it, at any distances between the values.
/// </summary>
public sealed record Taylor : Forecast
{
    /// <summary>The order, 1 or 2.</summary>
    public int Order { get; init; } = 1;

    /// <inheritdoc/>
    public override int Slots => Order + 1;

    /// <inheritdoc/>
    public override double[] Coefficients(IReadOnlyList<double> computed, double at)
    {
        ArgumentNullException.ThrowIfNull(computed);

        // Lagrange's form, of as many values as there are.
        int count = Math.Min(Slots, computed.Count);
        double[] coefficients = new double[Slots];
        for (int i = 0; i < count; i++)
        {
            coefficients[i] = 1;
            for (int j = 0; j < count; j++)
            {
                coefficients[i] *= i == j ? 1 : (at - computed[^(1 + j)]) / (computed[^(1 + i)] - computed[^(1 + j)]);
            }
        }

        return coefficients;
    }

    internal override void Check(string path) => PolicyException.Require(Order is 1 or 2, $"{path}.order must be 1 or 2; it is {Order}.");
}

/// <summary>
/// Ridge regression on Chebyshev polynomials of the time, over all computed values (Spectrum: Han et al. 2026, hanjq17/Spectrum): with Φ the polynomials T₀ … T<sub>M</sub> at the computed times, the
/// forecast is φ(t)ᵀ (ΦᵀΦ + λI)⁻¹ ΦᵀH. The slots hold ΦᵀH, so that their number is M + 1 however long the history is.
/// </summary>
public sealed record Chebyshev : Forecast
{
    /// <summary>The degree M, 1 to 4.</summary>
    public int Degree { get; init; } = 4;

    /// <summary>The ridge λ, above 0.</summary>
    public double Ridge { get; init; } = 0.1;

    /// <inheritdoc/>
    public override int Slots => Degree + 1;

    /// <inheritdoc/>
    public override bool Sums => true;

    /// <inheritdoc/>
    public override double[] Basis(double time)
    {
        double[] t = new double[Degree + 1];
        for (int m = 0; m <= Degree; m++)
        {
            t[m] = m == 0 ? 1 : m == 1 ? time : (2 * time * t[m - 1]) - t[m - 2];
        }

        return t;
    }

    /// <inheritdoc/>
    public override double[] Coefficients(IReadOnlyList<double> computed, double at)
    {
        double[,] normal = new double[Slots, Slots];
        foreach (double time in computed)
        {
            double[] phi = Basis(time);
            for (int i = 0; i < Slots; i++)
            {
                for (int j = 0; j < Slots; j++)
                {
                    normal[i, j] += phi[i] * phi[j];
                }
            }
        }

        for (int i = 0; i < Slots; i++)
        {
            normal[i, i] += Ridge;
        }

        return Solve(normal, Basis(at));
    }

    internal override void Check(string path)
    {
        PolicyException.Require(Degree is >= 1 and <= 4, $"{path}.degree must be 1 to 4; it is {Degree}.");
        PolicyException.Require(Ridge is > 0 and < double.PositiveInfinity, $"{path}.ridge must be above 0; it is {Ridge}.");
    }

    // Cholesky's factor L of a positive definite matrix, then L y = b and Lᵀ x = y, in place.
    private static double[] Solve(double[,] a, double[] b)
    {
        int n = b.Length;
        for (int j = 0; j < n; j++)
        {
            for (int i = j; i < n; i++)
            {
                double sum = a[i, j];
                for (int k = 0; k < j; k++)
                {
                    sum -= a[i, k] * a[j, k];
                }

                a[i, j] = i == j ? Math.Sqrt(sum) : sum / a[j, j];
            }
        }

        for (int i = 0; i < n; i++)
        {
            for (int k = 0; k < i; k++)
            {
                b[i] -= a[i, k] * b[k];
            }

            b[i] /= a[i, i];
        }

        for (int i = n - 1; i >= 0; i--)
        {
            for (int k = i + 1; k < n; k++)
            {
                b[i] -= a[k, i] * b[k];
            }

            b[i] /= a[i, i];
        }

        return b;
    }
}
