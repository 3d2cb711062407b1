namespace IlgpuDiffusion.Sampling;

/// <summary>Which form of noise levels a sampler is published with.</summary>
internal enum LevelRule
{
    /// <summary>Variance-preserving, on integer training steps; step i leads T / n training steps on (DDIM).</summary>
    Table,

    /// <summary>As <see cref="Table"/>, with the second time step twice, or with the Runge-Kutta warm-up (PNDM).</summary>
    PseudoNumerical,

    /// <summary>Variance-exploding, between training steps too (Euler, Heun, LMS).</summary>
    Exploding,

    /// <summary>Variance-preserving, on some of the training steps that a latent consistency model was distilled for (LCM).</summary>
    Consistency,

    /// <summary>Variance-preserving, n of n + 1 spaced training steps (DPM-Solver, UniPC).</summary>
    HalfLogSnr,
}

/// <summary>What a sampler needs of its noise levels.</summary>
/// <param name="Rule">The form of the levels.</param>
internal sealed record SamplerTraits(LevelRule Rule)
{
    /// <summary>The spacing where the configuration names none.</summary>
    public TimestepSpacing DefaultSpacing { get; init; } = TimestepSpacing.Linspace;

    /// <summary>Whether the configuration's spacing is disregarded (single-step DPM-Solver).</summary>
    public bool FixedSpacing { get; init; }

    /// <summary>Whether the latents end at exactly no noise where the configuration does not say (<c>set_alpha_to_one</c>).</summary>
    public bool DefaultAlphaToOne { get; init; }

    /// <summary>Whether PNDM's first three intervals take four evaluations each.</summary>
    public bool RungeKuttaStart { get; init; }

    /// <summary>Whether <c>final_sigmas_type</c> has a meaning.</summary>
    public bool HonoursFinalSigma { get; init; }

    /// <summary>Whether a reshaped schedule keeps its lowest σ as the last one for <c>final_sigmas_type</c> 'sigma_min' (UniPC).</summary>
    public bool FinalSigmaOfSchedule { get; init; }

    /// <summary>Whether Karras time steps stay between training steps for cosine schedules.</summary>
    public bool KeepsCosineFractions { get; init; }

    /// <summary>Whether <c>lambda_min_clipped</c> shortens the schedule.</summary>
    public bool ClipsLambda { get; init; }

    /// <summary>Whether it steps along straight paths too (flow matching), whose levels are (1 − σ, σ).</summary>
    public bool FollowsFlow { get; init; }

    /// <summary>Whether <c>use_lu_lambdas</c> has a meaning.</summary>
    public bool HasLuSchedule { get; init; }
}
