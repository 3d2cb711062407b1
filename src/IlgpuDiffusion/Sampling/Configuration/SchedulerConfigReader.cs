using System.Text.Json;
using System.Text.RegularExpressions;

namespace IlgpuDiffusion.Sampling;

/// <summary>Reads <c>scheduler_config.json</c>, and refuses what it cannot honour by field and value.</summary>
internal sealed partial class SchedulerConfigReader(JsonElement root, string source)
{
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
        bool heun = className == "HeunDiscreteScheduler";
        RefuseWhatIsNotLinear(className);
        SchedulerConfig config = new()
        {
            ClassName = className,
            TrainingSteps = (int)(Number("num_train_timesteps") ?? 1000),
            BetaStart = Number("beta_start") ?? (heun ? 0.00085 : 0.0001),
            BetaEnd = Number("beta_end") ?? (heun ? 0.012 : 0.02),
            BetaSchedule = Choice("beta_schedule", ("linear", BetaSchedule.Linear), ("scaled_linear", BetaSchedule.ScaledLinear), ("squaredcos_cap_v2", BetaSchedule.Cosine)) ?? BetaSchedule.Linear,
            TrainedBetas = Numbers("trained_betas") is { } betas ? [.. betas.Select(beta => (float)beta)] : null,
            ZeroTerminalSnr = Flag("rescale_betas_zero_snr") ?? false,
            Prediction = Choice("prediction_type", ("epsilon", Prediction.Epsilon), ("v_prediction", Prediction.Velocity), ("sample", Prediction.Sample)) ?? Prediction.Epsilon,
            Spacing = Choice("timestep_spacing", ("leading", TimestepSpacing.Leading), ("trailing", TimestepSpacing.Trailing), ("linspace", TimestepSpacing.Linspace)),
            StepsOffset = (int)(Number("steps_offset") ?? 0),
            AlphaToOne = Flag("set_alpha_to_one"),
            SkipPrkSteps = Flag("skip_prk_steps") ?? false,
            Reshaping = Reshaping(),
            SigmaMin = Number("sigma_min"),
            SigmaMax = Number("sigma_max"),
            EndsAtSigmaMin = Choice("final_sigmas_type", ("zero", false), ("sigma_min", true)) ?? false,
            LambdaMin = Number("lambda_min_clipped") ?? double.NegativeInfinity,
            Algorithm = Choice("algorithm_type", ("dpmsolver", DpmAlgorithm.Dpm), ("dpmsolver++", DpmAlgorithm.DpmPlusPlus), ("sde-dpmsolver", DpmAlgorithm.SdeDpm), ("sde-dpmsolver++", DpmAlgorithm.SdeDpmPlusPlus), ("deis", DpmAlgorithm.DpmPlusPlus)) ?? DpmAlgorithm.DpmPlusPlus,
            SolverOrder = (int)(Number("solver_order") ?? 2),
            SolverType = Text("solver_type") == "logrho" ? null : Choice("solver_type", ("midpoint", SolverType.Midpoint), ("heun", SolverType.Heun), ("bh1", SolverType.Bh1), ("bh2", SolverType.Bh2)),
            LowerOrderFinal = Flag("lower_order_final"),
            EulerAtFinal = Flag("euler_at_final") ?? false,
            PredictsClean = Flag("predict_x0") ?? true,
            DisabledCorrectors = Numbers("disable_corrector") is { } disabled ? [.. disabled.Select(step => (int)step)] : [],
        };
        int steps = config.TrainedBetas?.Count ?? config.TrainingSteps;
        Require(config.TrainingSteps >= 2 && steps == config.TrainingSteps, "num_train_timesteps", "it must be at least 2, and the number of trained_betas where these are given");
        Require(config.SolverOrder is >= 1 and <= 3, "solver_order", "1, 2 or 3 is supported");
        return config;
    }

    /// <summary>Samplers are linear in latents and clean latents; what cuts values off, or changes the denoiser's contract, is refused.</summary>
    private void RefuseWhatIsNotLinear(string? className)
    {
        bool clips = Flag("clip_sample") ?? className == "DDIMScheduler";
        Require(!clips, "clip_sample", "clipping is for models of pixels and is not supported; set it to false (DDIMScheduler clips where the field is missing)");
        Require(Flag("thresholding") != true, "thresholding", "dynamic thresholding is for models of pixels and is not supported; set it to false");
        Require(Flag("use_flow_sigmas") != true, "use_flow_sigmas", "flow matching is not supported");
        Require(Flag("use_dynamic_shifting") != true, "use_dynamic_shifting", "flow matching is not supported");
        Require(Text("variance_type") is null or "fixed_small" or "fixed_small_log" or "fixed_large" or "fixed_large_log" or "fixed", "variance_type", "denoisers that predict a variance are not supported");
        Require(Text("interpolation_type") is null or "linear", "interpolation_type", "'linear' is supported");
        Require(Text("timestep_type") is null or "discrete", "timestep_type", "'discrete' is supported");
        Require(!root.TryGetProperty("solver_p", out JsonElement solver) || solver.ValueKind == JsonValueKind.Null, "solver_p", "another predictor is not supported; set it to null");
    }

    private SigmaSchedule Reshaping()
    {
        (string Field, SigmaSchedule Schedule)[] fields = [("use_karras_sigmas", SigmaSchedule.Karras), ("use_exponential_sigmas", SigmaSchedule.Exponential), ("use_beta_sigmas", SigmaSchedule.Beta), ("use_lu_lambdas", SigmaSchedule.Lu)];
        (string Field, SigmaSchedule Schedule)[] chosen = [.. fields.Where(field => Flag(field.Field) == true)];
        return chosen.Length switch
        {
            0 => SigmaSchedule.Discrete,
            1 => chosen[0].Schedule,
            _ => throw new InvalidDataException($"{source}: {string.Join(" and ", chosen.Select(field => $"'{field.Field}'"))} exclude each other; set only one of them to true."),
        };
    }

    private bool? Flag(string field) => Find(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } value => throw Unsupported(field, value, "true or false was expected"),
    };

    private double? Number(string field) => Find(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value => value.GetDouble(),

        { ValueKind: JsonValueKind.String } value when value.GetString() is "-Infinity" or "-inf" => double.NegativeInfinity,
        { } value => throw Unsupported(field, value, "a number was expected"),
    };

    private double[]? Numbers(string field) => Find(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } value when value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number) => [.. value.EnumerateArray().Select(item => item.GetDouble())],
        { } value => throw Unsupported(field, value, "a list of numbers was expected"),
    };

    private string? Text(string field) => Find(field) switch
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

    private JsonElement? Find(string field) => root.TryGetProperty(field, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private void Require(bool condition, string field, string reason)
    {
        if (!condition)
        {
            throw root.TryGetProperty(field, out JsonElement value)
                ? Unsupported(field, value, reason)
                : new InvalidDataException($"{source}: the field '{field}' is missing: {reason}.");
        }
    }

    private InvalidDataException Unsupported(string field, JsonElement value, string reason) => new($"{source}: '{field}' is {value.GetRawText()}: {reason}.");
}
