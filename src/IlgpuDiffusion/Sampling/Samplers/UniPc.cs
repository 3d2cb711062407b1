namespace IlgpuDiffusion.Sampling;

/// <summary>The unified predictor-corrector UniPC (Zhao et al. 2023, arXiv:2302.04867), algorithms 1 to 4, with both of its functions B(h).</summary>
internal sealed class UniPc : ISampler
{
    /// <inheritdoc/>
    public SamplerTraits Traits { get; } = new(LevelRule.HalfLogSnr) { HonoursFinalSigma = true, FinalSigmaOfSchedule = true };

    /// <summary>The order p, 1 to 3.</summary>
    public int Order { get; init; } = 2;

    /// <summary>Whether B(h) = h instead of eʰ − 1.</summary>
    public bool Bh1 { get; init; }

    /// <summary>Whether the clean latents are integrated rather than the noise.</summary>
    public bool PredictsClean { get; init; } = true;

    /// <summary>Whether the last steps are of lower order.</summary>
    public bool LowerOrderFinal { get; init; } = true;

    /// <summary>The steps after which nothing is corrected.</summary>
    public IReadOnlyList<int> DisabledCorrectors { get; init; } = [];

    /// <inheritdoc/>
    public void Trace(Trajectory path)
    {
        ArgumentNullException.ThrowIfNull(path);
        Latents x = path.Start;
        Latents before = default;
        List<Latents> history = [];
        int order = 0;
        for (int i = path.First; i < path.End; i++)
        {
            Latents output = Output(path, x, path.Levels[i]);
            if (i > path.First && !DisabledCorrectors.Contains(i - 1))
            {
                // The corrector goes from the last step's corrected latents again, now with the output at this level.
                x = path.Keep(Advance(path.Levels, before, history, i - 1, order, output));
            }

            history = [output, .. history.Take(Order - 1)];
            order = Math.Min(LowerOrderFinal ? Math.Min(Order, path.End - i) : Order, history.Count);
            before = x;
            x = path.EndStep(Advance(path.Levels, x, history, i, order, null));
        }
    }

    private Latents Output(Trajectory path, Latents x, NoiseLevel at)
    {
        Latents clean = path.Denoise(x, at);
        return PredictsClean ? clean : path.Keep((1 / at.Sigma) * (x - (at.Alpha * clean)));
    }

    /// <summary>Step <paramref name="i"/> from x: UniP, or with the output at its end UniC (equations 3 and 8).</summary>
    private Sum Advance(IReadOnlyList<NoiseLevel> levels, Latents x, List<Latents> history, int i, int order, Latents? atEnd)
    {
        (NoiseLevel from, NoiseLevel to) = (levels[i], levels[i + 1]);
        double h = to.Lambda - from.Lambda;
        double hh = PredictsClean ? -h : h;
        double phi = Math.Exp(hh) - 1;
        double b = Bh1 ? hh : phi;
        double scale = PredictsClean ? to.Alpha : to.Sigma;
        Sum next = ((PredictsClean ? to.Sigma / from.Sigma : to.Alpha / from.Alpha) * (Sum)x) - (scale * phi * history[0]);

        double[] nodes = [.. Enumerable.Range(1, order - 1).Select(k => (levels[i - k].Lambda - from.Lambda) / h), 1];
        int unknowns = atEnd is null ? order - 1 : order;
        double[] weights = Weights(nodes[..unknowns], hh, phi, b);
        for (int k = 0; k < unknowns; k++)
        {
            Sum difference = k < order - 1 ? (1 / nodes[k]) * (history[k + 1] - history[0]) : atEnd!.Value - history[0];
            next -= scale * b * weights[k] * difference;
        }

        return next;
    }

    /// <summary>The solution a of Σ rₖⁿ⁻¹ aₖ = n! φₙ₊₁ / B(h); the lowest order of each kind has ½ in its place.</summary>
    private static double[] Weights(double[] nodes, double hh, double phi, double b)
    {
        if (nodes.Length == 0)
        {
            return [];
        }

        if (nodes.Length == 1)
        {
            return [0.5];
        }

        int n = nodes.Length;
        double[,] matrix = new double[n, n + 1];
        double term = (phi / hh) - 1;
        double factorial = 1;
        for (int row = 0; row < n; row++)
        {
            for (int column = 0; column < n; column++)
            {
                matrix[row, column] = Math.Pow(nodes[column], row);
            }

            matrix[row, n] = term * factorial / b;
            factorial *= row + 2;
            term = (term / hh) - (1 / factorial);
        }

        return Solve(matrix, n);
    }

    private static double[] Solve(double[,] matrix, int n)
    {
        for (int pivot = 0; pivot < n; pivot++)
        {
            int best = Enumerable.Range(pivot, n - pivot).MaxBy(row => Math.Abs(matrix[row, pivot]));
            for (int column = 0; column <= n; column++)
            {
                (matrix[pivot, column], matrix[best, column]) = (matrix[best, column], matrix[pivot, column]);
            }

            for (int row = 0; row < n; row++)
            {
                double factor = row == pivot ? 0 : matrix[row, pivot] / matrix[pivot, pivot];
                for (int column = pivot; column <= n; column++)
                {
                    matrix[row, column] -= factor * matrix[pivot, column];
                }
            }
        }

        return [.. Enumerable.Range(0, n).Select(row => matrix[row, n] / matrix[row, row])];
    }
}
