namespace IlgpuDiffusion.Sampling;

/// <summary>A traced sampler: the moves that any device plays, one fused linear combination each, with no value read back.</summary>
internal sealed class SamplingProgram
{
    private SamplingProgram(NoiseSchedule schedule, Trajectory trajectory)
    {
        (Schedule, FirstStep) = (schedule, trajectory.First);
        (Moves, Registers, Result) = RegisterAllocation.Allocate(trajectory.Moves, trajectory.Result);
        (Evaluations, NoiseCount) = (trajectory.Evaluations, trajectory.NoiseCount);
    }

    /// <summary>The noise levels of the whole schedule.</summary>
    public NoiseSchedule Schedule { get; }

    /// <summary>The index of the first step run; above 0 in image to image.</summary>
    public int FirstStep { get; }

    /// <summary>The number of steps run, each with one <see cref="EndStepMove"/>.</summary>
    public int StepCount => Schedule.Levels.Count - 1 - FirstStep;

    /// <summary>What to do, in order.</summary>
    public IReadOnlyList<Move> Moves { get; }

    /// <summary>The evaluations of the denoiser, in order.</summary>
    public IReadOnlyList<Evaluation> Evaluations { get; }

    /// <summary>How many registers of latents the moves need; register 0 holds the start.</summary>
    public int Registers { get; }

    /// <summary>The register that holds the latents at the end.</summary>
    public int Result { get; }

    /// <summary>How many draws of noise the moves refer to. Each is read by one move at most, in their order, and follows the starting noise in the generator.</summary>
    public int NoiseCount { get; }

    /// <summary>
    /// The noise of the starting latents: x = α·clean + σ·noise. Without a picture to start from, the run begins at noise × <see cref="NoiseSchedule.InitialScale"/> instead.
    /// </summary>
    public NoiseLevel StartLevel => Schedule.Levels[FirstStep];

    /// <summary>Traces a sampler over a schedule, from step <paramref name="firstStep"/> on (<see cref="NoiseSchedule.FirstStep"/>).</summary>
    public static SamplingProgram Trace(ISampler sampler, NoiseSchedule schedule, int firstStep = 0)
    {
        ArgumentNullException.ThrowIfNull(sampler);
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentOutOfRangeException.ThrowIfNegative(firstStep);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(firstStep, schedule.Levels.Count - 1);
        Trajectory trajectory = new(schedule, firstStep);
        sampler.Trace(trajectory);
        if (trajectory.Step != trajectory.End)
        {
            throw new InvalidOperationException($"{sampler.GetType().Name} ended {trajectory.Step - firstStep} of {trajectory.End - firstStep} steps.");
        }

        return new(schedule, trajectory);
    }

    /// <summary>Traces a sampler for a configuration: the usual way, with all steps at strength 1.</summary>
    public static SamplingProgram Trace(SchedulerConfig config, ISampler sampler, int steps, double strength = 1)
    {
        NoiseSchedule schedule = NoiseSchedule.Create(config, sampler, steps);
        return Trace(sampler, schedule, schedule.FirstStep(strength));
    }
}
