namespace IlgpuDiffusion.Sampling;

/// <summary>The noise levels of one run: which levels are evaluated, where each step leads, and what the latents start from.</summary>
internal sealed class NoiseSchedule
{
    private readonly TrainedNoise? _trained;
    private readonly NoiseLevel _last;

    internal NoiseSchedule(SchedulerConfig config, SamplerTraits traits, int steps, TrainedNoise? trained, IReadOnlyList<NoiseLevel> evaluated, NoiseLevel last)
    {
        (Steps, Prediction, Rule, Stride) = (steps, config.Prediction, traits.Rule, config.TrainingSteps / steps);
        (_trained, _last) = (trained, last);
        Levels = [.. evaluated, last];
        double highest = evaluated.Max(level => level.Ratio);
        InitialScale = traits.Rule != LevelRule.Exploding || trained is null ? 1
            : !config.IsPlaced && (config.Spacing ?? traits.DefaultSpacing) == TimestepSpacing.Leading ? Math.Sqrt((highest * highest) + 1)
            : highest;
    }

    /// <summary>The steps that were asked for.</summary>
    public int Steps { get; }

    /// <summary>The level at which each step begins, and after them the one at which the run ends; PNDM has one or more steps above <see cref="Steps"/>.</summary>
    public IReadOnlyList<NoiseLevel> Levels { get; }

    /// <summary>What the denoiser's output is.</summary>
    public Prediction Prediction { get; }

    /// <summary>The form of the levels.</summary>
    public LevelRule Rule { get; }

    /// <summary>⌊T / n⌋: how many training steps one step of DDIM and PNDM covers.</summary>
    public int Stride { get; }

    /// <summary>Text to image starts from standard normal noise times this (diffusers' <c>init_noise_sigma</c>).</summary>
    public double InitialScale { get; }

    /// <summary>The levels for a sampler; <paramref name="steps"/> is what the user asked for.</summary>
    /// <exception cref="ArgumentException">The steps do not fit into the training steps, or the sampler has no such schedule.</exception>
    public static NoiseSchedule Create(SchedulerConfig config, ISampler sampler, int steps)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(sampler);
        if (steps < 1 || steps > config.TrainingSteps)
        {
            throw new ArgumentOutOfRangeException(nameof(steps), steps, $"The number of steps must be from 1 to {config.TrainingSteps}, the model's training steps.");
        }

        return config.Trained switch
        {
            BetaNoise betas => NoiseScheduleBuilder.Build(config, betas, sampler.Traits, steps),
            FlowNoise flow when sampler.Traits.FollowsFlow => new NoiseSchedule(config, sampler.Traits, steps, null, FlowLevels.Place(config, flow, steps), NoiseLevel.Clean),
            FlowNoise => throw new ArgumentException($"This model was trained by flow matching, which the sampler {sampler.GetType().Name} does not follow; use euler or heun."),
            _ => throw new ArgumentException($"Unknown noise {config.Trained.GetType().Name}.", nameof(config)),
        };
    }

    /// <summary>The level to which step <paramref name="step"/> leads: the next one evaluated, or for <see cref="LevelRule.Table"/> <see cref="Stride"/> training steps on.</summary>
    public NoiseLevel After(int step) => Rule == LevelRule.Table ? Trained((int)Levels[step].Timestep - Stride) : Levels[step + 1];

    /// <summary>The variance-preserving level of a training step, and below the first one the last level of the run.</summary>
    public NoiseLevel Trained(int timestep) => timestep < 0 ? _last : Betas.Level(timestep);

    /// <summary>The variance-exploding level of any σ, for evaluations inside a step.</summary>
    public NoiseLevel Exploding(double sigma) => NoiseLevel.Exploding(sigma, Betas.TimestepOf(sigma));

    private TrainedNoise Betas => _trained ?? throw new InvalidOperationException("Flow matching has no training steps to look up.");

    /// <summary>The step at which image to image begins: the last ⌊n · strength⌋ steps are run (diffusers' rule).</summary>
    /// <param name="strength">From above 0 (the picture as it is) to 1 (all steps).</param>
    public int FirstStep(double strength)
    {
        if (!(strength is > 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(strength), strength, "The strength must be above 0 and at most 1.");
        }

        // The pipelines of flow matching round the other way.
        int run = Math.Min((int)(_trained is null ? Math.Ceiling(Steps * strength) : Steps * strength), Steps);
        return run > 0 ? Steps - run : throw new ArgumentOutOfRangeException(nameof(strength), strength, $"No step is left at this strength: {Steps} steps × strength is below 1. Raise the strength or the steps.");
    }
}
