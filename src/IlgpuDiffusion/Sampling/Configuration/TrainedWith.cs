namespace IlgpuDiffusion.Sampling;

/// <summary>The noise that a model was trained with; how the steps of a run are placed in it is another matter.</summary>
internal abstract record TrainedWith
{
    /// <summary><c>num_train_timesteps</c>: T.</summary>
    public int Steps { get; init; } = 1000;
}

/// <summary>Diffusion by variances β of each training step (Ho et al. 2020, arXiv:2006.11239).</summary>
internal sealed record BetaNoise : TrainedWith
{
    /// <summary>That of Stable Diffusion 1, 2 and XL.</summary>
    public static BetaNoise StableDiffusion { get; } = new() { First = 0.00085, Last = 0.012, Schedule = BetaSchedule.ScaledLinear };

    /// <summary><c>beta_start</c>: the variance added in the first training step.</summary>
    public double First { get; init; } = 0.0001;

    /// <summary><c>beta_end</c>: the variance added in the last training step.</summary>
    public double Last { get; init; } = 0.02;

    /// <summary><c>beta_schedule</c>: what lies between.</summary>
    public BetaSchedule Schedule { get; init; } = BetaSchedule.Linear;

    /// <summary><c>trained_betas</c>: the variances themselves, in place of the three above.</summary>
    public IReadOnlyList<float>? Betas { get; init; }

    /// <summary><c>rescale_betas_zero_snr</c>: the last training step has no signal left (Lin et al. 2023, arXiv:2305.08891, algorithm 1).</summary>
    public bool ZeroTerminalSnr { get; init; }
}

/// <summary>Straight paths from picture to noise, x = (1 − σ) x₀ + σ ε (Liu et al. 2022, arXiv:2209.03003), whose σ is shifted towards noise for large pictures (Esser et al. 2024, arXiv:2403.03206, section 5.3.2).</summary>
internal sealed record FlowNoise : TrainedWith
{
    /// <summary><c>shift</c>: σ ↦ s σ / (1 + (s − 1) σ), where it does not depend on the picture's size.</summary>
    public double Shift { get; init; } = 1;

    /// <summary><c>use_dynamic_shifting</c>: the shift μ depends on the picture's size.</summary>
    public bool Dynamic { get; init; }

    /// <summary><c>time_shift_type</c> is 'linear': σ ↦ μ / (μ + 1/σ − 1) rather than e^μ in place of μ.</summary>
    public bool Linear { get; init; }

    /// <summary><c>base_shift</c>, <c>max_shift</c>, <c>base_image_seq_len</c>, <c>max_image_seq_len</c>: μ is straight between the two numbers of tokens.</summary>
    public (double Base, double Most, int BaseTokens, int MostTokens) Sizes { get; init; } = (0.5, 1.15, 256, 4096);

    /// <summary>The shift of a dynamic model for the picture at hand; null until it is known (<see cref="For"/>).</summary>
    public double? Mu { get; init; }

    /// <summary>Whether steps are placed evenly from 1 to 1/n, as FLUX.1's pipeline asks, rather than over all training steps.</summary>
    public bool EndsAtStep { get; init; }

    /// <summary>The noise for a picture of so many tokens.</summary>
    public FlowNoise For(int tokens) => Dynamic && Mu is null
        ? this with { Mu = Sizes.Base + ((Sizes.Most - Sizes.Base) * (tokens - Sizes.BaseTokens) / (Sizes.MostTokens - Sizes.BaseTokens)) }
        : this;

    /// <summary>σ as the model was trained for it.</summary>
    public double Shifted(double sigma)
    {
        if (!Dynamic)
        {
            return Shift * sigma / (1 + ((Shift - 1) * sigma));
        }

        double mu = Mu ?? throw new InvalidOperationException("A dynamic shift needs the picture's tokens.");
        double shift = Linear ? mu : Math.Exp(mu);
        return shift / (shift + (1 / sigma) - 1);
    }
}
