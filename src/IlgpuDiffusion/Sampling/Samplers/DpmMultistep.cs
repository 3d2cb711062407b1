namespace IlgpuDiffusion.Sampling;

/// <summary>
/// DPM-Solver++ as a multistep method (Lu et al. 2022, arXiv:2211.01095, algorithm 2: "DPM++ 2M"), of order 1 to 3, with its SDE form and the older DPM-Solver (arXiv:2206.00927).
/// </summary>
internal sealed class DpmMultistep : ISampler
{
    // Below this many steps the last two are of lower order.
    private const int FewSteps = 15;

    /// <inheritdoc/>
    public SamplerTraits Traits { get; } = new(LevelRule.HalfLogSnr) { HonoursFinalSigma = true, KeepsCosineFractions = true, ClipsLambda = true, HasLuSchedule = true };

    /// <summary>What is integrated, and whether with noise.</summary>
    public DpmAlgorithm Algorithm { get; init; } = DpmAlgorithm.DpmPlusPlus;

    /// <summary>The order, 1 to 3.</summary>
    public int Order { get; init; } = 2;

    /// <summary>Whether second-order steps follow Heun's rule instead of the midpoint rule.</summary>
    public bool HeunRule { get; init; }

    /// <summary>Whether the last two steps of a short run are of lower order.</summary>
    public bool LowerOrderFinal { get; init; } = true;

    /// <summary>Whether the last step is of first order in any case.</summary>
    public bool EulerAtFinal { get; init; }

    /// <inheritdoc/>
    public void Trace(Trajectory path)
    {
        ArgumentNullException.ThrowIfNull(path);
        DpmSolver.Check(path, Algorithm, Order);
        Latents x = path.Start;
        List<Latents> history = [];
        for (int i = path.First; i < path.End; i++)
        {
            history = [DpmSolver.Output(path, Algorithm, x, path.Levels[i]), .. history.Take(2)];
            DpmCoefficients c = DpmCoefficients.Over(Algorithm, path.Levels[i], path.Levels[i + 1]);
            Sum next = c.Sample * (Sum)x;
            next += OrderOf(path, i, history.Count) switch
            {
                1 => c.First * history[0],
                2 => (c.First * history[0]) + ((HeunRule ? c.Second : c.Midpoint) * Difference(path, history, i)),
                _ => ThirdOrder(path, history, i, c),
            };
            x = path.EndStep(DpmSolver.IsStochastic(Algorithm) ? next + (c.Noise * path.Noise()) : next);
        }
    }

    private int OrderOf(Trajectory path, int step, int known)
    {
        bool few = path.End < FewSteps;
        bool last = step == path.End - 1 && (EulerAtFinal || (LowerOrderFinal && few) || path.Levels[^1].Sigma == 0);
        bool second = step == path.End - 2 && LowerOrderFinal && few;
        return last ? 1 : Math.Min(Math.Min(Order, known), second ? 2 : 3);
    }

    /// <summary>D₁ = (h / h₀) (m₀ − m₁).</summary>
    private static Sum Difference(Trajectory path, List<Latents> history, int i)
    {
        double h = path.Levels[i + 1].Lambda - path.Levels[i].Lambda;
        double before = path.Levels[i].Lambda - path.Levels[i - 1].Lambda;
        return h / before * (history[0] - history[1]);
    }

    private static Sum ThirdOrder(Trajectory path, List<Latents> history, int i, DpmCoefficients c)
    {
        double h = path.Levels[i + 1].Lambda - path.Levels[i].Lambda;
        double r0 = (path.Levels[i].Lambda - path.Levels[i - 1].Lambda) / h;
        double r1 = (path.Levels[i - 1].Lambda - path.Levels[i - 2].Lambda) / h;
        Sum newer = (1 / r0) * (history[0] - history[1]);
        Sum older = (1 / r1) * (history[1] - history[2]);
        Sum bend = (1 / (r0 + r1)) * (newer - older);
        return (c.First * history[0]) + (c.Second * (newer + (r0 * bend))) + (c.Third * bend);
    }
}
