using IlgpuDiffusion.Acceleration;

namespace IlgpuDiffusion.Tests.Acceleration;

[TestClass]
public sealed class ForecastTests
{
    private static readonly double[] Times = [-1, -0.7, -0.1, 0.2];

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    public void ATaylorForecastMeetsPolynomialsOfItsOrder(int order)
    {
        Taylor taylor = new() { Order = order };
        for (int power = 0; power <= order; power++)
        {
            Assert.AreEqual(Math.Pow(0.45, power), Foresee(taylor, Times, t => Math.Pow(t, power), 0.45), 1e-12, $"t^{power}");
        }

        Assert.AreNotEqual(Math.Pow(0.45, order + 1), Foresee(taylor, Times, t => Math.Pow(t, order + 1), 0.45), 1e-3);
    }

    [TestMethod]
    public void WithFewerValuesTheOrderIsLower()
    {
        Taylor taylor = new() { Order = 2 };
        CollectionAssert.AreEqual(new double[] { 1, 0, 0 }, taylor.Coefficients([-1], 0.3));
        Assert.AreEqual(5.0, Foresee(taylor, [-1, 0], t => 3 * t + 2, 1), 1e-12);
        Assert.AreEqual(0, taylor.Coefficients([-1, 0], 1)[2]);
    }

    [TestMethod]
    public void ChebyshevsPolynomialsAreCosines()
    {
        double[] basis = new Chebyshev { Degree = 4 }.Basis(0.3);
        for (int m = 0; m <= 4; m++)
        {
            Assert.AreEqual(Math.Cos(m * Math.Acos(0.3)), basis[m], 1e-12);
        }
    }

    [TestMethod]
    public void AChebyshevForecastSolvesTheRidgeRegression()
    {
        // The gradient of |Φ a − h|² + λ|a|² is 0 at its solution, which the coefficients give as values of the basis: a_m is the forecast's part in T_m.
        Chebyshev chebyshev = new() { Degree = 2, Ridge = 0.1 };
        double[] h = [.. Times.Select(t => Math.Exp(t))];
        double[] a = Fit(chebyshev, h);
        for (int m = 0; m <= 2; m++)
        {
            double gradient = (0.1 * a[m]) + Times.Select((t, i) => chebyshev.Basis(t)[m] * (chebyshev.Basis(t).Zip(a, (p, q) => p * q).Sum() - h[i])).Sum();
            Assert.AreEqual(0, gradient, 1e-12);
        }

        Assert.AreEqual(chebyshev.Basis(0.5).Zip(a, (p, q) => p * q).Sum(), Foresee(chebyshev, Times, Math.Exp, 0.5), 1e-12);
    }

    // Three times determine the three coefficients of a forecast that is a polynomial of degree two.
    private static double[] Fit(Chebyshev chebyshev, double[] h)
    {
        (double low, double mid, double high) = (At(-1), At(0), At(1));
        return [(low + high + (2 * mid)) / 4, (high - low) / 2, (low + high - (2 * mid)) / 4];

        double At(double t) => chebyshev.Coefficients(Times, t).Select((c, m) => c * Times.Select((time, i) => chebyshev.Basis(time)[m] * h[i]).Sum()).Sum();
    }

    private static double Foresee(Forecast forecast, double[] times, Func<double, double> value, double at)
    {
        double[] c = forecast.Coefficients(times, at);
        Assert.HasCount(forecast.Slots, c);
        return forecast.Sums
            ? c.Select((factor, m) => factor * times.Sum(t => forecast.Basis(t)[m] * value(t))).Sum()
            : c.Take(times.Length).Select((factor, i) => factor * value(times[^(1 + i)])).Sum();
    }
}
