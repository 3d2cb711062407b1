namespace IlgpuDiffusion.Sampling;

/// <summary>All samplers and schedules, by the names that the field gives them: stable-diffusion-webui's labels, ComfyUI's and sd.cpp's ids, diffusers' classes.</summary>
internal static class SamplerCatalogue
{
    private static readonly (string Name, SigmaSchedule? Schedule)[] ScheduleNames =
    [
        ("default", null), ("automatic", SigmaSchedule.Automatic),
        ("uniform", SigmaSchedule.Uniform), ("normal", SigmaSchedule.Uniform), ("discrete", SigmaSchedule.Uniform),
        ("karras", SigmaSchedule.Karras),
        ("exponential", SigmaSchedule.Exponential), ("polyexponential", SigmaSchedule.Exponential),
        ("sgm_uniform", SigmaSchedule.SgmUniform),
        ("simple", SigmaSchedule.Simple),
        ("ddim_uniform", SigmaSchedule.DdimUniform), ("ddim", SigmaSchedule.DdimUniform),
        ("kl_optimal", SigmaSchedule.KlOptimal),
        ("beta", SigmaSchedule.Beta),
        ("leading", SigmaSchedule.Leading),
        ("trailing", SigmaSchedule.Trailing),
        ("linspace", SigmaSchedule.Linspace),
        ("lu", SigmaSchedule.Lu),
    ];

    /// <summary>The samplers, in the order of lists.</summary>
    public static IReadOnlyList<SamplerEntry> Samplers { get; } =
    [
        new("ddim", "DDIM", (_, eta) => new Ddim { Eta = eta ?? 0 })
        {
            Aliases = ["DDIMScheduler"],
            Implied = new Dictionary<string, SigmaSchedule> { ["ddim_trailing"] = SigmaSchedule.Trailing, ["ddim_uniform"] = SigmaSchedule.DdimUniform },
            Fields = SchedulerFields.Ddim,
            HasEta = true,
            Automatic = SigmaSchedule.DdimUniform,
        },
        new("pndm", "PLMS", (config, eta) => Without(eta, "pndm", new Pndm { SkipPrkSteps = config.SkipPrkSteps || config.ClassName != "PNDMScheduler" }))
        {
            Aliases = ["PNDM", "PNDMScheduler"],
            Automatic = SigmaSchedule.DdimUniform,
        },
        new("euler", "Euler", (_, eta) => Without(eta, "euler", new Euler()))
        {
            Aliases = ["EulerDiscrete", "EulerDiscreteScheduler", "FlowMatchEulerDiscrete", "FlowMatchEulerDiscreteScheduler"],
            Fields = SchedulerFields.Euler,
        },
        new("euler_ancestral", "Euler a", (_, eta) => new EulerAncestral { Eta = eta ?? 1 })
        {
            Aliases = ["EulerAncestralDiscrete", "EulerAncestralDiscreteScheduler"],
            HasEta = true,
        },
        new("heun", "Heun", (_, eta) => Without(eta, "heun", new Heun()))
        {
            Aliases = ["HeunDiscrete", "HeunDiscreteScheduler", "FlowMatchHeunDiscrete", "FlowMatchHeunDiscreteScheduler"],
            Fields = SchedulerFields.HeunAndLms,
        },
        new("lms", "LMS", (_, eta) => Without(eta, "lms", new Lms()))
        {
            Aliases = ["LMSDiscrete", "LMSDiscreteScheduler"],
            Fields = SchedulerFields.HeunAndLms,
        },
        new("lcm", "LCM", (config, eta) => Without(eta, "lcm", new Lcm(config.TimeScale)))
        {
            Aliases = ["LCMScheduler"],
            Fields = SchedulerFields.Lcm,
        },
        new("tcd", "TCD", (_, eta) => new Tcd { Gamma = Share(eta, "tcd", 0.3) })
        {
            Aliases = ["TCDScheduler"],
            Fields = SchedulerFields.Lcm,
            HasEta = true,
        },
        new("dpmpp_2m", "DPM++ 2M", (config, eta) => Multistep(config, eta, DpmAlgorithm.DpmPlusPlus, 2, heun: false))
        {
            Fields = SchedulerFields.NamedMultistep,
            Automatic = SigmaSchedule.Karras,
        },
        new("dpmpp_2m_sde", "DPM++ 2M SDE", (config, eta) => Multistep(config, eta, DpmAlgorithm.SdeDpmPlusPlus, 2, heun: false))
        {
            Aliases = ["dpmpp_2m_sde_gpu"],
            Fields = SchedulerFields.NamedMultistep,
            Automatic = SigmaSchedule.Exponential,
        },
        new("dpmpp_2m_sde_heun", "DPM++ 2M SDE Heun", (config, eta) => Multistep(config, eta, DpmAlgorithm.SdeDpmPlusPlus, 2, heun: true))
        {
            Aliases = ["dpmpp_2m_sde_heun_gpu"],
            Fields = SchedulerFields.NamedMultistep,
            Automatic = SigmaSchedule.Exponential,
        },
        new("dpmpp_3m", "DPM++ 3M", (config, eta) => Multistep(config, eta, DpmAlgorithm.DpmPlusPlus, 3, heun: false))
        {
            Fields = SchedulerFields.NamedMultistep,
        },
        new("dpmpp_3m_sde", "DPM++ 3M SDE", (config, eta) => Multistep(config, eta, DpmAlgorithm.SdeDpmPlusPlus, 3, heun: false))
        {
            Aliases = ["dpmpp_3m_sde_gpu"],
            Fields = SchedulerFields.NamedMultistep,
            Automatic = SigmaSchedule.Exponential,
        },
        new("dpmpp_2s", "DPM++ 2S", (config, eta) => Singlestep(config, eta, DpmAlgorithm.DpmPlusPlus, 2, heun: false))
        {
            Fields = SchedulerFields.NamedSinglestep,
        },
        new("dpmpp_2s_ancestral", "DPM++ 2S a", (_, eta) => new DpmSinglestepAncestral { Eta = eta ?? 1 })
        {
            HasEta = true,
            Automatic = SigmaSchedule.Karras,
        },
        new("dpmsolver_multistep", "DPM-Solver multistep", (config, eta) => Multistep(config, eta, config.Algorithm, config.SolverOrder, config.SolverType == SolverType.Heun))
        {
            Aliases = ["DPMSolverMultistep", "DPMSolverMultistepScheduler"],
            Fields = SchedulerFields.Multistep,
        },
        new("dpmsolver_singlestep", "DPM-Solver singlestep", (config, eta) => Singlestep(config, eta, config.Algorithm, config.SolverOrder, config.SolverType == SolverType.Heun))
        {
            Aliases = ["DPMSolverSinglestep", "DPMSolverSinglestepScheduler"],
            Fields = SchedulerFields.Singlestep,
        },
        new("uni_pc", "UniPC", (config, eta) => Without(eta, "uni_pc", Unified(config, 3, bh1: true)))
        {
            Aliases = ["uni_pc_bh1"],
            Fields = SchedulerFields.NamedUniPc,
        },
        new("uni_pc_bh2", "UniPC bh2", (config, eta) => Without(eta, "uni_pc_bh2", Unified(config, 3, bh1: false)))
        {
            Fields = SchedulerFields.NamedUniPc,
        },
        new("unipc_multistep", "UniPC multistep", (config, eta) => Without(eta, "unipc_multistep", Unified(config, config.SolverOrder, config.SolverType == SolverType.Bh1)))
        {
            Aliases = ["UniPCMultistep", "UniPCMultistepScheduler"],
            Fields = SchedulerFields.UniPc,
        },
    ];

    /// <summary>The names of schedules, first the one that leaves the choice to the model.</summary>
    public static IReadOnlyList<string> Schedules { get; } = [.. ScheduleNames.Select(entry => entry.Name)];

    /// <summary>The first name of a schedule.</summary>
    internal static string NameOf(SigmaSchedule schedule) => ScheduleNames.First(entry => entry.Schedule == schedule).Name;

    /// <summary>A schedule's name for people, as stable-diffusion-webui writes it where it has it.</summary>
    internal static string LabelOf(SigmaSchedule schedule) => schedule switch
    {
        SigmaSchedule.SgmUniform => "SGM Uniform",
        SigmaSchedule.KlOptimal => "KL Optimal",
        SigmaSchedule.DdimUniform => "DDIM",
        _ => schedule.ToString(),
    };

    /// <summary>Finds a sampler, with a schedule where the name has one behind it.</summary>
    /// <exception cref="ArgumentException">There is no such sampler; the nearest names and the list are in the message.</exception>
    public static SamplerChoice Resolve(string name)
    {
        if (TryResolve(name, out SamplerChoice choice))
        {
            return choice;
        }

        string nearest = SamplerNames.Nearest(name, Samplers.SelectMany(entry => entry.Names));
        throw new ArgumentException($"Unknown sampler '{name}'. The nearest names are {nearest}. Samplers: {string.Join(", ", Samplers.Select(entry => entry.Id))}; each may be followed by a schedule, as in 'DPM++ 2M Karras'.", nameof(name));
    }

    /// <summary>Finds a sampler, with a schedule where the name has one behind it; false where there is none of that name.</summary>
    public static bool TryResolve(string name, out SamplerChoice choice)
    {
        ArgumentNullException.ThrowIfNull(name);
        string plain = SamplerNames.Plain(name);
        if (Find(plain) is { } found)
        {
            choice = found;
            return true;
        }

        foreach ((string scheduleName, SigmaSchedule? schedule) in ScheduleNames)
        {
            string suffix = SamplerNames.Plain(scheduleName);
            if (plain.EndsWith(suffix, StringComparison.Ordinal) && Find(plain[..^suffix.Length]) is { } withSchedule)
            {
                choice = withSchedule with { Schedule = schedule };
                return true;
            }
        }

        choice = default;
        return false;
    }

    /// <summary>Finds a schedule; null leaves it to the model.</summary>
    /// <exception cref="ArgumentException">There is no such schedule.</exception>
    public static SigmaSchedule? ResolveSchedule(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string plain = SamplerNames.Plain(name);
        foreach ((string scheduleName, SigmaSchedule? schedule) in ScheduleNames)
        {
            if (SamplerNames.Plain(scheduleName) == plain)
            {
                return schedule;
            }
        }

        throw new ArgumentException($"Unknown scheduler '{name}'. The nearest names are {SamplerNames.Nearest(name, Schedules)}. Schedulers: {string.Join(", ", Schedules)}.", nameof(name));
    }

    /// <summary>Plans a run from what was asked for and the model's configuration: resolves names, places the levels, traces the sampler.</summary>
    /// <exception cref="ArgumentException">A name is unknown, or the request does not fit the sampler.</exception>
    /// <exception cref="InvalidDataException">The model's configuration does not fit the sampler.</exception>
    public static SamplingProgram Plan(SchedulerConfig config, SamplingRequest request)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(request);
        SamplerChoice choice = Resolve(request.Sampler ?? config.ClassName ?? throw new ArgumentException("Neither the request nor the model's scheduler_config.json ('_class_name') names a sampler; name one.", nameof(request)));
        SigmaSchedule? schedule = request.Scheduler is null ? choice.Schedule : ResolveSchedule(request.Scheduler) ?? choice.Schedule;
        schedule = schedule == SigmaSchedule.Automatic ? choice.Entry.Automatic : schedule;
        SchedulerConfig own = config.For(choice.Entry.Fields, placed: schedule is not null).With(schedule);
        return SamplingProgram.Trace(own, choice.Entry.Create(own, request.Eta), request.Steps, request.Strength);
    }

    private static SamplerChoice? Find(string plain)
    {
        foreach (SamplerEntry entry in Samplers)
        {
            foreach (string name in entry.Names)
            {
                if (SamplerNames.Plain(name) == plain)
                {
                    return new SamplerChoice(entry, entry.Implied.TryGetValue(name, out SigmaSchedule schedule) ? schedule : null);
                }
            }
        }

        return null;
    }

    private static DpmMultistep Multistep(SchedulerConfig config, double? eta, DpmAlgorithm algorithm, int order, bool heun) => Without(eta, "DPM-Solver", new DpmMultistep
    {
        Algorithm = algorithm,
        Order = order,
        HeunRule = heun,
        LowerOrderFinal = config.LowerOrderFinal ?? true,
        EulerAtFinal = config.EulerAtFinal,
    });

    private static DpmSinglestep Singlestep(SchedulerConfig config, double? eta, DpmAlgorithm algorithm, int order, bool heun) => Without(eta, "DPM-Solver", new DpmSinglestep
    {
        Algorithm = algorithm,
        Order = order,
        HeunRule = heun,
        LowerOrderFinal = config.LowerOrderFinal ?? false,
    });

    private static UniPc Unified(SchedulerConfig config, int order, bool bh1) => new()
    {
        Order = order,
        Bh1 = bh1,
        PredictsClean = config.PredictsClean,
        LowerOrderFinal = config.LowerOrderFinal ?? true,
        DisabledCorrectors = config.DisabledCorrectors,
    };

    private static double Share(double? eta, string sampler, double usual) =>
        eta is null or (>= 0 and <= 1) ? eta ?? usual : throw new ArgumentException(FormattableString.Invariant($"The eta of sampler '{sampler}' must be from 0 to 1; it is {eta}."), nameof(eta));

    private static T Without<T>(double? eta, string sampler, T made)
        where T : ISampler => eta is null ? made : throw new ArgumentException($"Sampler '{sampler}' has no eta; it belongs to {string.Join(", ", Samplers.Where(entry => entry.HasEta).Select(entry => entry.Id))}.", nameof(eta));
}
