using System.Text.Json;
using System.Text.RegularExpressions;

namespace IlgpuDiffusion.Sampling;

/// <summary>Reads <c>scheduler_config.json</c>, and refuses what it cannot honour by field and value.</summary>
internal sealed partial class SchedulerConfigReader(JsonElement root, string source)
{
    // As many as no model has; tables of that length are made from it.
    private const int MostTrainingSteps = 100_000;

    private readonly Dictionary<string, string> _faults = new(StringComparer.Ordinal);
    private readonly HashSet<string> _defaults = root.TryGetProperty("_use_default_values", out JsonElement defaults) && defaults.ValueKind == JsonValueKind.Array
        ? [.. defaults.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)]
        : [];

    public static SchedulerConfig Read(string json, string source)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(BareInfinity.Replace(json, "$1\"-Infinity\""), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new InvalidDataException($"{source}: a JSON object was expected, not {document.RootElement.ValueKind}.");
            }

            return new SchedulerConfigReader(document.RootElement, source).Read();
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{source}: this is not JSON: {exception.Message}", exception);
        }
    }

    /// <summary>Python writes infinities as JSON has no word for: <c>"lambda_min_clipped": -Infinity</c> is in published files.</summary>
    [GeneratedRegex(@"(:\s*)-Infinity\b")]
    private static partial Regex BareInfinity { get; }

    private SchedulerConfig Read()
    {
        string? className = Text("_class_name");

        bool flow = className is "FlowMatchEulerDiscreteScheduler" or "FlowMatchHeunDiscreteScheduler";
        RefuseWhatIsNotLinear(flow);
        SchedulerConfig config = new()
        {
            Source = source,
            ClassName = className,
            Trained = flow ? Flow() : Betas(className),
            Prediction = Choice("prediction_type", ("epsilon", Prediction.Epsilon), ("v_prediction", Prediction.Velocity), ("sample", Prediction.Sample)) ?? (flow ? Prediction.Flow : Prediction.Epsilon),
            Spacing = Choice("timestep_spacing", ("leading", TimestepSpacing.Leading), ("trailing", TimestepSpacing.Trailing), ("linspace", TimestepSpacing.Linspace)),
            StepsOffset = Whole("steps_offset", -MostTrainingSteps, MostTrainingSteps) ?? 0,
            AlphaToOne = Flag("set_alpha_to_one"),
            SkipPrkSteps = Flag("skip_prk_steps") ?? false,
            Reshaping = Reshaping(),
            SigmaMin = Sigma("sigma_min"),
            SigmaMax = Sigma("sigma_max"),
            EndsAtSigmaMin = Later("final_sigmas_type", () => Choice("final_sigmas_type", ("zero", false), ("sigma_min", true))) ?? false,
            LambdaMin = Later("lambda_min_clipped", () => Number("lambda_min_clipped")) ?? double.NegativeInfinity,
            Algorithm = Later("algorithm_type", () => Choice("algorithm_type", ("dpmsolver", DpmAlgorithm.Dpm), ("dpmsolver++", DpmAlgorithm.DpmPlusPlus), ("sde-dpmsolver", DpmAlgorithm.SdeDpm), ("sde-dpmsolver++", DpmAlgorithm.SdeDpmPlusPlus), ("deis", DpmAlgorithm.DpmPlusPlus))) ?? DpmAlgorithm.DpmPlusPlus,
            SolverOrder = Later("solver_order", () => Whole("solver_order", 1, 3)) ?? 2,
            SolverType = Later("solver_type", () => Text("solver_type") == "logrho" ? null : Choice("solver_type", ("midpoint", SolverType.Midpoint), ("heun", SolverType.Heun), ("bh1", SolverType.Bh1), ("bh2", SolverType.Bh2))),
            LowerOrderFinal = Flag("lower_order_final"),
            EulerAtFinal = Flag("euler_at_final") ?? false,
            PredictsClean = Flag("predict_x0") ?? true,
            DisabledCorrectors = Later("disable_corrector", () => Numbers("disable_corrector")) is { } disabled ? [.. disabled.Where(step => step is >= 0 and <= MostTrainingSteps).Select(step => (int)step)] : [],
            DistilledSteps = Later("original_inference_steps", () => Whole("original_inference_steps", 1, MostTrainingSteps)) ?? 50,
            TimeScale = Later("timestep_scaling", () => Number("timestep_scaling")) ?? 10,
            Faults = _faults,
        };
        Require(!(config.SigmaMin >= config.SigmaMax), "sigma_max", $"it must be above sigma_min, {config.SigmaMin}");
        return config;
    }

    private BetaNoise Betas(string? className)
    {
        // Classes of the k-diffusion family and latent consistency models have other defaults than the rest.
        bool narrow = className is "HeunDiscreteScheduler" or "KDPM2DiscreteScheduler" or "KDPM2AncestralDiscreteScheduler" or "DPMSolverSDEScheduler" or "LCMScheduler" or "TCDScheduler";
        BetaNoise noise = new()
        {
            Steps = TrainingSteps(),
            First = Beta("beta_start") ?? (narrow ? 0.00085 : 0.0001),
            Last = Beta("beta_end") ?? (narrow ? 0.012 : 0.02),
            Schedule = Choice("beta_schedule", ("linear", BetaSchedule.Linear), ("scaled_linear", BetaSchedule.ScaledLinear), ("squaredcos_cap_v2", BetaSchedule.Cosine)) ?? (className is "LCMScheduler" or "TCDScheduler" ? BetaSchedule.ScaledLinear : BetaSchedule.Linear),
            Betas = Numbers("trained_betas") is { } betas ? [.. betas.Select(beta => (float)beta)] : null,
            ZeroTerminalSnr = Flag("rescale_betas_zero_snr") ?? false,
        };
        Require(noise.Betas is null || noise.Betas.Count == noise.Steps, "num_train_timesteps", "it must be the number of trained_betas");
        Require(noise.Betas is null || noise.Betas.All(beta => beta is > 0 and < 1), "trained_betas", "numbers between 0 and 1 were expected");
        Require(noise.First <= noise.Last, "beta_end", $"it must not be below beta_start, {noise.First}");
        return noise;
    }

    private FlowNoise Flow()
    {
        double Positive(string field, double fallback)
        {
            double value = Number(field) ?? fallback;
            Require(value > 0 && double.IsFinite(value), field, "a number above 0 was expected");
            return value;
        }

        int Tokens(string field, int fallback) => Whole(field, 1, int.MaxValue) ?? fallback;
        Require(Flag("invert_sigmas") != true, "invert_sigmas", "it is not supported; set it to false");
        Require(Flag("stochastic_sampling") != true, "stochastic_sampling", "it is not supported; set it to false");
        Require(Raw("shift_terminal") is null, "shift_terminal", "it is not supported; set it to null");
        (int least, int most) = (Tokens("base_image_seq_len", 256), Tokens("max_image_seq_len", 4096));
        Require(least < most, "max_image_seq_len", $"it must be above base_image_seq_len, {least}");
        return new FlowNoise
        {
            Steps = TrainingSteps(),
            Shift = Positive("shift", 1),
            Dynamic = Flag("use_dynamic_shifting") ?? false,
            Linear = Choice("time_shift_type", ("exponential", false), ("linear", true)) ?? false,
            Sizes = (Positive("base_shift", 0.5), Positive("max_shift", 1.15), least, most),
        };
    }

    private int TrainingSteps() => Whole("num_train_timesteps", 2, MostTrainingSteps) ?? 1000;

    /// <summary>Samplers are linear in latents and clean latents; what cuts values off, or changes the denoiser's contract, is refused where a sampler has it. Clipping is not among it: diffusers' Stable Diffusion pipelines set clip_sample to false, whatever the file says.</summary>
    private void RefuseWhatIsNotLinear(bool flow)
    {
        void Refuse(string field, bool condition, string reason) => Later<bool>(field, () =>
        {
            Require(condition, field, reason);
            return null;
        });
        Refuse("thresholding", Raw("thresholding") is null or { ValueKind: JsonValueKind.False }, "dynamic thresholding is for models of pixels and is not supported; set it to false, or choose a sampler without it, such as euler");
        Refuse("use_flow_sigmas", Raw("use_flow_sigmas") is null or { ValueKind: JsonValueKind.False }, "flow matching is not supported; set it to false, or choose another sampler, such as euler");
        Refuse("use_dynamic_shifting", flow || Raw("use_dynamic_shifting") is null or { ValueKind: JsonValueKind.False }, "flow matching is not supported; set it to false, or choose another sampler, such as euler");
        Refuse("variance_type", Is("variance_type", "fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log", "fixed"), "denoisers that predict a variance are not supported; set it to null if this one does not");
        Refuse("interpolation_type", Is("interpolation_type", "linear"), "'linear' is supported; set it so, or choose another sampler than euler");
        Refuse("timestep_type", Is("timestep_type", "discrete"), "'discrete' is supported; set it so, or choose another sampler than euler");
        Refuse("solver_p", Raw("solver_p") is null, "another predictor is not supported; set it to null, or choose another sampler than uni_pc");
    }

    private SigmaSchedule Reshaping()
    {
        (string Field, SigmaSchedule Schedule)[] chosen = [.. new[] { SigmaSchedule.Karras, SigmaSchedule.Exponential, SigmaSchedule.Beta }.Select(schedule => (SchedulerFields.Of(schedule)!, schedule)).Where(entry => Later(entry.Item1, () => Flag(entry.Item1)) == true)];
        if (chosen.Length > 1)
        {
            foreach ((string field, _) in chosen)
            {
                _faults[field] = $"{source}: {string.Join(" and ", chosen.Select(entry => $"'{entry.Field}'"))} exclude each other; set only one of them to true.";
            }
        }

        return chosen.Length > 0 ? chosen[0].Schedule
            : Later("use_lu_lambdas", () => Flag("use_lu_lambdas")) == true ? SigmaSchedule.Lu
            : SigmaSchedule.Discrete;
    }

    /// <summary>A field that not every sampler has: what is wrong with it is kept for those that do.</summary>
    private T? Later<T>(string field, Func<T?> read)
        where T : struct
    {
        try
        {
            return read();
        }
        catch (InvalidDataException fault)
        {
            _faults[field] = fault.Message;
            return null;
        }
    }

    private double[]? Later(string field, Func<double[]?> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException fault)
        {
            _faults[field] = fault.Message;
            return null;
        }
    }

    private int? Whole(string field, int least, int most)
    {
        double? number = Number(field);
        Require(number is null || (number >= least && number <= most && number == Math.Floor(number.Value)), field, $"a whole number from {least} to {most} was expected");
        return (int?)number;
    }

    private double? Beta(string field)
    {
        double? beta = Number(field);
        Require(beta is null or (> 0 and < 1), field, "a number between 0 and 1 was expected");
        return beta;
    }

    private double? Sigma(string field)
    {
        double? sigma = Number(field);
        Require(sigma is null || (sigma > 0 && double.IsFinite(sigma.Value)), field, "a number above 0 was expected");
        return sigma;
    }

    private bool Is(string field, params ReadOnlySpan<string> allowed) => Raw(field) is null || (Raw(field) is { ValueKind: JsonValueKind.String } text && allowed.Contains(text.GetString()!));

    private bool? Flag(string field) => Raw(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } value => throw Unsupported(field, value, "true or false was expected"),
    };

    private double? Number(string field) => Raw(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value => value.GetDouble(),

        { ValueKind: JsonValueKind.String } value when value.GetString() is "-Infinity" or "-inf" => double.NegativeInfinity,
        { } value => throw Unsupported(field, value, "a number was expected"),
    };

    private double[]? Numbers(string field) => Raw(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } value when value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number) => [.. value.EnumerateArray().Select(item => item.GetDouble())],
        { } value => throw Unsupported(field, value, "a list of numbers was expected"),
    };

    private string? Text(string field) => Raw(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        { } value => throw Unsupported(field, value, "text was expected"),
    };

    private T? Choice<T>(string field, params ReadOnlySpan<(string Name, T Value)> choices)
        where T : struct
    {
        foreach ((string name, T value) in choices)
        {
            if (Text(field) == name)
            {
                return value;
            }
        }

        if (Text(field) is null)
        {
            return null;
        }

        List<string> names = [];
        foreach ((string name, _) in choices)
        {
            names.Add($"'{name}'");
        }

        throw Unsupported(field, root.GetProperty(field), $"supported are {string.Join(", ", names)}");
    }

    /// <summary>A field's value; null where it is null, absent, or listed in <c>_use_default_values</c>, the fields that the writer had filled in itself.</summary>
    private JsonElement? Raw(string field) => root.TryGetProperty(field, out JsonElement value) && value.ValueKind != JsonValueKind.Null && !_defaults.Contains(field) ? value : null;

    private void Require(bool condition, string field, string reason)
    {
        if (!condition)
        {
            throw root.TryGetProperty(field, out JsonElement value)
                ? Unsupported(field, value, reason)
                : new InvalidDataException($"{source}: the field '{field}' is missing: {reason}.");
        }
    }

    private InvalidDataException Unsupported(string field, JsonElement value, string reason) => new($"{source}: '{field}' is {(value.ValueKind == JsonValueKind.String ? $"\"{value.GetString()}\"" : value.GetRawText())}: {reason}.");
}
