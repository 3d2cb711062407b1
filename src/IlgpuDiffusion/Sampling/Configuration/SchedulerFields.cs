namespace IlgpuDiffusion.Sampling;

/// <summary>
/// The fields of scheduler_config.json that only some samplers have, as the constructors of diffusers' classes list them. A model's file is written for one class;
/// another class that opens it (<c>from_config</c>) does not see the fields that it does not have.
/// </summary>
internal static class SchedulerFields
{
    private static readonly string[] Reshaped = ["use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas"];
    private static readonly string[] Flow = ["use_flow_sigmas", "use_dynamic_shifting"];

    /// <summary>PNDM's, Euler a's and those of samplers that diffusers does not have.</summary>
    public static IReadOnlyList<string> None { get; } = [];

    public static IReadOnlyList<string> Ddim { get; } = ["thresholding"];

    public static IReadOnlyList<string> Lcm { get; } = [.. Ddim, "original_inference_steps", "timestep_scaling"];

    public static IReadOnlyList<string> Euler { get; } = [.. Reshaped, "final_sigmas_type", "interpolation_type", "timestep_type"];

    /// <summary>Heun's and LMS's.</summary>
    public static IReadOnlyList<string> HeunAndLms { get; } = Reshaped;

    /// <summary>Those of the DPM-Solvers whose names say algorithm and order.</summary>
    public static IReadOnlyList<string> NamedSinglestep { get; } = [.. Reshaped, .. Flow, "thresholding", "final_sigmas_type", "lambda_min_clipped", "variance_type"];

    /// <inheritdoc cref="NamedSinglestep"/>
    public static IReadOnlyList<string> NamedMultistep { get; } = [.. NamedSinglestep, "use_lu_lambdas"];

    public static IReadOnlyList<string> Singlestep { get; } = [.. NamedSinglestep, "algorithm_type", "solver_order", "solver_type"];

    public static IReadOnlyList<string> Multistep { get; } = [.. NamedMultistep, "algorithm_type", "solver_order", "solver_type"];

    /// <summary>Those of UniPC under names that say variant and order.</summary>
    public static IReadOnlyList<string> NamedUniPc { get; } = [.. Reshaped, .. Flow, "thresholding", "final_sigmas_type", "solver_p", "disable_corrector"];

    public static IReadOnlyList<string> UniPc { get; } = [.. NamedUniPc, "solver_order", "solver_type"];

    /// <summary>Whether a field says where levels lie.</summary>
    public static bool Places(string field) => field == "use_lu_lambdas" || Reshaped.Contains(field);

    /// <summary>The field that asks for a reshaped schedule, or null where none does.</summary>
    public static string? Of(SigmaSchedule reshaping) => reshaping switch
    {
        SigmaSchedule.Karras => "use_karras_sigmas",
        SigmaSchedule.Exponential => "use_exponential_sigmas",
        SigmaSchedule.Beta => "use_beta_sigmas",
        SigmaSchedule.Lu => "use_lu_lambdas",
        _ => null,
    };
}
