namespace IlgpuDiffusion.Sampling;

/// <summary>
/// The fields of a diffusers <c>scheduler_config.json</c> that change arithmetic. A field left null has a default that depends on the sampler which reads it, so that one
/// model's configuration serves every sampler, as diffusers' <c>from_config</c> does.
/// </summary>
internal sealed record SchedulerConfig
{
    /// <summary>What a model of Stable Diffusion without a scheduler's configuration was trained with.</summary>
    public static SchedulerConfig StableDiffusion { get; } = new() { Trained = BetaNoise.StableDiffusion, StepsOffset = 1 };

    /// <summary>The file that it was read from, for messages.</summary>
    public string Source { get; init; } = "scheduler_config.json";

    /// <summary>What is wrong with fields that only some samplers have, by field: an error for those samplers alone.</summary>
    internal IReadOnlyDictionary<string, string> Faults { get; init; } = new Dictionary<string, string>();

    /// <summary><c>_class_name</c>: the sampler the model asks for.</summary>
    public string? ClassName { get; init; }

    /// <summary>The noise that the model was trained with.</summary>
    public TrainedWith Trained { get; init; } = new BetaNoise();

    /// <summary>Training steps.</summary>
    public int TrainingSteps => Trained.Steps;

    /// <summary><c>prediction_type</c>: what the denoiser's output is.</summary>
    public Prediction Prediction { get; init; } = Prediction.Epsilon;

    /// <summary><c>timestep_spacing</c>; null for the sampler's own.</summary>
    public TimestepSpacing? Spacing { get; init; }

    /// <summary><c>steps_offset</c>: added to leading time steps.</summary>
    public int StepsOffset { get; init; }

    /// <summary><c>set_alpha_to_one</c>: whether DDIM and PNDM end at no noise rather than at the first training step's; null for the sampler's own.</summary>
    public bool? AlphaToOne { get; init; }

    /// <summary><c>skip_prk_steps</c>: whether PNDM starts without its Runge-Kutta steps.</summary>
    public bool SkipPrkSteps { get; init; }

    /// <summary><c>use_karras_sigmas</c>, <c>use_exponential_sigmas</c>, <c>use_beta_sigmas</c>, <c>use_lu_lambdas</c>; otherwise <see cref="SigmaSchedule.Discrete"/>.</summary>
    public SigmaSchedule Reshaping { get; init; } = SigmaSchedule.Discrete;

    /// <summary>Whether <see cref="Reshaping"/> was asked for by name and so is placed as the programs with that name do (<see cref="PlacedLevels"/>), not as the fields of diffusers' configurations mean it.</summary>
    internal bool IsPlaced { get; init; }

    /// <summary><c>sigma_min</c>: the lowest σ of reshaped schedules; null for the model's own.</summary>
    public double? SigmaMin { get; init; }

    /// <summary><c>sigma_max</c>: the highest σ of reshaped schedules; null for the model's own.</summary>
    public double? SigmaMax { get; init; }

    /// <summary><c>final_sigmas_type</c> is 'sigma_min': the run ends at the noise of the first training step instead of none.</summary>
    public bool EndsAtSigmaMin { get; init; }

    /// <summary><c>lambda_min_clipped</c>: training steps of a lower λ are not visited by the DPM-Solvers.</summary>
    public double LambdaMin { get; init; } = double.NegativeInfinity;

    /// <summary><c>algorithm_type</c> of the DPM-Solvers.</summary>
    public DpmAlgorithm Algorithm { get; init; } = DpmAlgorithm.DpmPlusPlus;

    /// <summary><c>solver_order</c>, 1 to 3, of the DPM-Solvers and UniPC.</summary>
    public int SolverOrder { get; init; } = 2;

    /// <summary><c>solver_type</c> of the DPM-Solvers and UniPC; null for the sampler's own.</summary>
    public SolverType? SolverType { get; init; }

    /// <summary><c>lower_order_final</c>: whether the last steps are of lower order; null for the sampler's own.</summary>
    public bool? LowerOrderFinal { get; init; }

    /// <summary><c>euler_at_final</c>: whether the multistep DPM-Solver's last step is of first order.</summary>
    public bool EulerAtFinal { get; init; }

    /// <summary><c>predict_x0</c>: whether UniPC integrates the clean latents rather than the noise.</summary>
    public bool PredictsClean { get; init; } = true;

    /// <summary><c>disable_corrector</c>: the steps after which UniPC does not correct.</summary>
    public IReadOnlyList<int> DisabledCorrectors { get; init; } = [];

    /// <summary><c>original_inference_steps</c>: the training steps, evenly spaced, that a latent consistency model was distilled for.</summary>
    public int DistilledSteps { get; init; } = 50;

    /// <summary><c>timestep_scaling</c>: what times are multiplied by in the boundary condition of latent consistency models.</summary>
    public double TimeScale { get; init; } = 10;

    /// <summary>Whether it asks for the sampling of models that were distilled to be consistent along their way.</summary>
    public bool IsConsistency => ClassName is "LCMScheduler" or "LCM" or "TCDScheduler" or "TCD";

    /// <summary>
    /// Whether it is that of a model distilled to a few steps without guidance: latent consistency sampling, or, as SDXL-Turbo, SD-Turbo and SDXL-Lightning are published and used, Euler's methods with steps
    /// from the noisiest on (trailing) for a network that predicts ε. Undistilled models that begin there predict v, with no signal left.
    /// </summary>
    public bool IsFewStep => IsConsistency
        || (ClassName is "EulerDiscreteScheduler" or "EulerAncestralDiscreteScheduler" && Spacing == TimestepSpacing.Trailing && Prediction == Prediction.Epsilon && Trained is BetaNoise { ZeroTerminalSnr: false });

    /// <summary>Reads a <c>scheduler_config.json</c>.</summary>
    /// <exception cref="InvalidDataException">The file is no JSON object, or a field that changes arithmetic has a value that is not supported.</exception>
    public static SchedulerConfig Load(string path) => SchedulerConfigReader.Read(File.ReadAllText(path), path);

    /// <summary>Reads the text of a <c>scheduler_config.json</c>; <paramref name="source"/> names it in errors.</summary>
    /// <exception cref="InvalidDataException">As <see cref="Load"/>.</exception>
    public static SchedulerConfig Parse(string json, string source = "scheduler_config.json") => SchedulerConfigReader.Read(json, source);

    /// <summary>The configuration as a sampler sees it that has these of the fields which not all have; the others are dropped.</summary>
    /// <param name="fields">The fields, of <see cref="SchedulerFields"/>.</param>
    /// <param name="placed">Whether the user places the levels, so that the file's way does not matter.</param>
    /// <exception cref="InvalidDataException">One of the fields has a value that cannot be honoured.</exception>
    internal SchedulerConfig For(IReadOnlyList<string> fields, bool placed)
    {
        string? fault = fields.FirstOrDefault(field => Faults.ContainsKey(field) && !(placed && SchedulerFields.Places(field)));
        if (fault is not null)
        {
            throw new InvalidDataException(Faults[fault]);
        }

        return SchedulerFields.Of(Reshaping) is { } field && !fields.Contains(field) ? this with { Reshaping = SigmaSchedule.Discrete } : this;
    }

    /// <summary>The same configuration with its levels placed another way; null changes nothing.</summary>
    public SchedulerConfig With(SigmaSchedule? schedule) => schedule switch
    {
        null => this,
        SigmaSchedule.Leading => this with { Reshaping = SigmaSchedule.Discrete, Spacing = TimestepSpacing.Leading },
        SigmaSchedule.Trailing => this with { Reshaping = SigmaSchedule.Discrete, Spacing = TimestepSpacing.Trailing },
        SigmaSchedule.Linspace => this with { Reshaping = SigmaSchedule.Discrete, Spacing = TimestepSpacing.Linspace },
        SigmaSchedule.Discrete or SigmaSchedule.Lu => this with { Reshaping = schedule.Value },
        { } placed => this with { Reshaping = placed, IsPlaced = true },
    };

    /// <summary>The configuration for a picture of so many tokens, on which the shift of some models depends.</summary>
    public SchedulerConfig For(int tokens) => Trained is FlowNoise flow ? this with { Trained = flow.For(tokens) } : this;
}
