namespace IlgpuDiffusion.Sampling;

/// <summary>The noise of every training step, ᾱ₀ … ᾱ_{T−1}, in float32 as the reference keeps it.</summary>
internal sealed class TrainedNoise
{
    /// <summary>What samplers that divide by α take for ᾱ_{T−1} = 0: the smallest positive half.</summary>
    private const float Tiny = 1f / (1 << 24);

    private TrainedNoise(float[] alphaBars)
    {
        AlphaBars = alphaBars;
        Ratios = [.. alphaBars.Select(bar => MathF.Sqrt((1f - bar) / bar))];
    }

    public IReadOnlyList<float> AlphaBars { get; }

    /// <summary>σ / α = √((1 − ᾱ) / ᾱ).</summary>
    public IReadOnlyList<float> Ratios { get; }

    public int Count => AlphaBars.Count;

    /// <summary>The variance-preserving level of a training step; steps beyond the last have its noise.</summary>
    public NoiseLevel Level(int step)
    {
        double bar = AlphaBars[Math.Min(step, Count - 1)];
        return new(Math.Sqrt(bar), Math.Sqrt(1 - bar), step);
    }

    /// <summary>The table of a model's betas; <paramref name="reachesZero"/> keeps an exact ᾱ_{T−1} of 0.</summary>
    public static TrainedNoise Of(BetaNoise noise, bool reachesZero)
    {
        float[] betas = noise.Betas is { } given ? [.. given] : noise.Schedule switch
        {
            BetaSchedule.Linear => Linspace(noise.First, noise.Last, noise.Steps),
            BetaSchedule.ScaledLinear => [.. Linspace(Math.Sqrt(noise.First), Math.Sqrt(noise.Last), noise.Steps).Select(root => root * root)],
            BetaSchedule.Cosine => Cosine(noise.Steps),
            _ => throw new ArgumentOutOfRangeException(nameof(noise), noise.Schedule, "Unknown beta schedule."),
        };
        float[] bars = Product(betas.Select(beta => 1f - beta));
        if (noise.ZeroTerminalSnr)
        {
            bars = Product(RescaleToZero(bars));
            if (!reachesZero)
            {
                bars[^1] = Tiny;
            }
        }

        return new(bars);
    }

    /// <summary>σ / α at a time between training steps, straight in its logarithm.</summary>
    public double RatioAt(double timestep)
    {
        int low = Math.Clamp((int)timestep, 0, Count - 2);
        double weight = timestep - low;
        return Math.Exp(((1 - weight) * Math.Log(Ratios[low])) + (weight * Math.Log(Ratios[low + 1])));
    }

    /// <summary>The time at which σ / α is reached, straight in its logarithm.</summary>
    public double TimestepOf(double ratio)
    {
        double logarithm = Math.Log(Math.Max(ratio, 1e-10));
        int low = 0;
        while (low < Count - 2 && (float)Math.Log(Ratios[low + 1]) <= logarithm)
        {
            low++;
        }

        (float below, float above) = ((float)Math.Log(Ratios[low]), (float)Math.Log(Ratios[low + 1]));
        double weight = Math.Clamp((below - logarithm) / (below - above), 0, 1);
        return ((1 - weight) * low) + (weight * (low + 1));
    }

    /// <summary>Evenly spaced in float32: the first half counted from the start, the second from the end, as torch does.</summary>
    private static float[] Linspace(double start, double end, int count)
    {
        (float first, float last) = ((float)start, (float)end);
        float step = (last - first) / (count - 1);
        return [.. Enumerable.Range(0, count).Select(i => i < count / 2 ? MathF.FusedMultiplyAdd(step, i, first) : MathF.FusedMultiplyAdd(-step, count - 1 - i, last))];
    }

    /// <summary>The cosine schedule of Nichol and Dhariwal 2021 (arXiv:2102.09672), equation 17, with β at most 0.999.</summary>
    private static float[] Cosine(int count)
    {
        return [.. Enumerable.Range(0, count).Select(i => (float)Math.Min(1 - (Bar((i + 1) / (double)count) / Bar(i / (double)count)), 0.999))];

        static double Bar(double t) => Math.Pow(Math.Cos((t + 0.008) / 1.008 * Math.PI / 2), 2);
    }

    /// <summary>√ᾱ shifted and scaled so that the first stays and the last is 0 (Lin et al. 2023, arXiv:2305.08891, algorithm 1); gives α of every step.</summary>
    private static IEnumerable<float> RescaleToZero(float[] bars)
    {
        float first = MathF.Sqrt(bars[0]);
        float last = MathF.Sqrt(bars[^1]);
        float scale = first / (first - last);
        float[] rescaled = [.. bars.Select(bar => (MathF.Sqrt(bar) - last) * scale).Select(root => root * root)];

        // Over β = 1 − α and back, as betas are what the reference passes on.
        return rescaled.Select((bar, i) => 1f - (1f - (i == 0 ? bar : bar / rescaled[i - 1])));
    }

    private static float[] Product(IEnumerable<float> alphas)
    {
        double product = 1;
        return [.. alphas.Select(alpha => (float)(product *= alpha))];
    }
}
