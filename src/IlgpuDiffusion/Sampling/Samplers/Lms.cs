namespace IlgpuDiffusion.Sampling;

/// <summary>The linear multistep (Adams-Bashforth) method on dx/dσ with uneven steps, of fourth order, as k-diffusion has it.</summary>
internal sealed class Lms : ISampler
{
    private const int Order = 4;

    // Gauss-Legendre with two points integrates the cubic polynomials exactly.
    private static readonly double Node = Math.Sqrt(1.0 / 3);

    /// <inheritdoc/>
    public SamplerTraits Traits { get; } = new(LevelRule.Exploding);

    /// <inheritdoc/>
    public void Trace(Trajectory path)
    {
        ArgumentNullException.ThrowIfNull(path);
        Latents x = path.Start;
        List<Latents> slopes = [];
        for (int i = path.First; i < path.End; i++)
        {
            Latents clean = path.Denoise(x, path.Levels[i]);
            slopes.Insert(0, path.Keep((1 / path.Levels[i].Sigma) * (x - clean)));
            slopes = [.. slopes.Take(Order)];
            Sum next = x;

            // As in the reference, the order goes by the place in the whole schedule even where image to image begins without a history.
            int order = Math.Min(i + 1, Order);
            for (int k = 0; k < slopes.Count; k++)
            {
                next += Coefficient(path.Levels, i, order, k) * slopes[k];
            }

            x = path.EndStep(next);
        }
    }

    /// <summary>∫ of the Lagrange polynomial that is 1 at σ of step <paramref name="step"/> − <paramref name="current"/> and 0 at the others', over the step.</summary>
    private static double Coefficient(IReadOnlyList<NoiseLevel> levels, int step, int order, int current)
    {
        (double from, double to) = (levels[step].Sigma, levels[step + 1].Sigma);
        (double middle, double half) = ((from + to) / 2, (to - from) / 2);
        return half * (Polynomial(middle - (half * Node)) + Polynomial(middle + (half * Node)));

        double Polynomial(double sigma)
        {
            double product = 1;
            for (int k = 0; k < order; k++)
            {
                if (k != current)
                {
                    product *= (sigma - levels[step - k].Sigma) / (levels[step - current].Sigma - levels[step - k].Sigma);
                }
            }

            return product;
        }
    }
}
