namespace IlgpuDiffusion.Sampling;

/// <summary>
/// DPM-Solver++ as a single-step method (Lu et al. 2022, arXiv:2211.01095, algorithm 1: "DPM++ 2S"), of order 1 to 3: groups of steps that each start from the
/// group's first latents. Every step is one evaluation.
/// </summary>
internal sealed class DpmSinglestep : ISampler
{
    /// <inheritdoc/>
    public SamplerTraits Traits { get; } = new(LevelRule.HalfLogSnr) { HonoursFinalSigma = true, FixedSpacing = true, ClipsLambda = true };

    /// <summary>What is integrated, and whether with noise.</summary>
    public DpmAlgorithm Algorithm { get; init; } = DpmAlgorithm.DpmPlusPlus;

    /// <summary>The order, 1 to 3.</summary>
    public int Order { get; init; } = 2;

    /// <summary>Whether Heun's rule is used instead of the midpoint rule.</summary>
    public bool HeunRule { get; init; }

    /// <summary>Whether the last steps are of lower order; always so where the steps do not divide by the order, or end at no noise.</summary>
    public bool LowerOrderFinal { get; init; }

    /// <inheritdoc/>
    public void Trace(Trajectory path)
    {
        ArgumentNullException.ThrowIfNull(path);
        DpmSolver.Check(path, Algorithm, Order);
        int[] orders = Orders(path.End, path.Levels[^1].Sigma == 0);
        Latents x = path.Start;
        Latents origin = x;
        List<Latents> history = [];
        for (int i = path.First; i < path.End; i++)
        {
            history = [DpmSolver.Output(path, Algorithm, x, path.Levels[i]), .. history.Take(2)];

            // Image to image may begin inside a group, whose earlier outputs are then missing.
            int order = Math.Min(orders[i], history.Count);
            origin = order == 1 ? x : origin;
            DpmCoefficients c = DpmCoefficients.Over(Algorithm, path.Levels[i + 1 - order], path.Levels[i + 1]);
            Sum next = c.Sample * (Sum)origin;
            next += order switch
            {
                1 => c.First * history[0],
                2 => SecondOrder(path, history, i, c),
                _ => ThirdOrder(path, history, i, c),
            };
            x = path.EndStep(DpmSolver.IsStochastic(Algorithm) ? next + (c.Noise * path.Noise()) : next);
        }
    }

    private Sum SecondOrder(Trajectory path, List<Latents> history, int i, DpmCoefficients c)
    {
        double origin = path.Levels[i - 1].Lambda;
        double r0 = (path.Levels[i].Lambda - origin) / (path.Levels[i + 1].Lambda - origin);
        return (c.First * history[1]) + ((HeunRule ? c.Second : c.Midpoint) / r0 * (history[0] - history[1]));
    }

    private Sum ThirdOrder(Trajectory path, List<Latents> history, int i, DpmCoefficients c)
    {
        double origin = path.Levels[i - 2].Lambda;
        double h = path.Levels[i + 1].Lambda - origin;
        double r0 = (path.Levels[i].Lambda - origin) / h;
        double r1 = (path.Levels[i - 1].Lambda - origin) / h;
        Sum near = (1 / r1) * (history[1] - history[2]);
        Sum far = (1 / r0) * (history[0] - history[2]);
        Sum first = c.First * history[2];
        if (!HeunRule)
        {
            return first + (c.Second * far);
        }

        Sum slope = (1 / (r0 - r1)) * ((r0 * near) - (r1 * far));
        Sum bend = (2 / (r0 - r1)) * (far - near);
        return first + (c.Second * slope) + (c.Third * bend);
    }

    /// <summary>The order of every step: 1, 2 (, 3) repeated, with lower ones at the end.</summary>
    private int[] Orders(int steps, bool endsClean)
    {
        int[] orders = [.. Enumerable.Range(0, steps).Select(i => (i % Order) + 1)];
        if (LowerOrderFinal || endsClean || steps % Order != 0)
        {
            // The last group is broken up, so that the last step is of first order.
            if (Order == 3 && steps % 3 == 0)
            {
                (orders[^2], orders[^1]) = (2, 1);
            }
            else if (Order == 2 && steps % 2 == 0)
            {
                orders[^1] = 1;
            }
        }

        if (endsClean)
        {
            orders[^1] = 1;
        }

        return orders;
    }
}
