using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Costs;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion;

/// <summary>What a request would run, from shapes alone.</summary>
public sealed class Explanation
{
    private const string DecodesLast = "All pictures are painted before the first is decoded, since the decoder's weights do not fit beside the denoiser's: a request that is cancelled before has none of them. Ask for one picture at a time, or allow more memory.";

    private readonly IReadOnlyList<ComponentUse> _uses;
    private readonly Lazy<IReadOnlyList<LayerExplanation>> _layers;
    private readonly Lazy<ExpectedLikeness?> _likeness;

    /// <param name="request">The request.</param>
    /// <param name="exact">Its exact twin, asked for where it is compared.</param>
    /// <param name="model">The components.</param>
    /// <param name="type">In which activations are stored.</param>
    /// <param name="costs">What launches take.</param>
    /// <param name="frontier">What was measured of ways of computing less, asked for where likeness is.</param>
    internal Explanation(ResolvedRequest request, Func<ResolvedRequest> exact, ModelComponents model, ElementType type, CostModel costs, Func<Frontier> frontier)
    {
        _likeness = new(() => LikenessOf(request, frontier));
        _layers = new(() => Compare(request, exact(), model, costs));
        _uses = request.Uses(model);
        (Family, Width, Height, Images, Branches) = (model.Parts.Family.Name, request.Width, request.Height, request.Request.BatchCount, request.Key.Branches);
        (Type, Plan, Warnings, CfgScale) = (type, request.Plan, request is { DecodesLast: true, Groups: > 1 } ? [.. request.Warnings, DecodesLast] : request.Warnings, request.CfgScale);
        (Steps, Evaluations, Sampler, Schedule) = (request.Steps, request.Program.Evaluations.Count, request.Sampler.Label, request.Sampler.ScheduleLabel);
        Components = [.. _uses.SelectMany(use => use.Parts.Select(part => new ComponentExplanation(part.Name is null ? use.Name : $"{use.Name}, {part.Name}", part.Executable, use.Runs * part.Runs, use.Plan, costs.Of(part.Executable))))];
        (AskedSteps, Choice) = (request.AskedSteps, request.Choice);
        (Expected, MeasuredShare) = ExpectedTimes.Of(Components);
        ControlNets = [.. request.Controls.Inputs.Select((control, i) => new ControlNetExplanation(control.Part.Name, control.Strength, Plan.VariantOf.Count(variant => (Plan.Variants[variant].Controls & (1 << i)) != 0)))];
        Decoding = request.DecodeMemory is null ? null : new DecodingExplanation(model.Codec.Plan(request.Decoding));
        HoldsOneComponent = request.HoldsOne;
        PeakBytes = MemoryPeak.Of(request, _uses, model);
    }

    /// <summary>The model's family.</summary>
    public string Family { get; }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>Pictures.</summary>
    public int Images { get; }

    /// <summary>2 with guidance, 1 without.</summary>
    public int Branches { get; }

    /// <summary>Steps of the schedule that is run.</summary>
    public int Steps { get; }

    /// <summary>Steps that were asked for, of which a policy may take a share.</summary>
    public int AskedSteps { get; }

    /// <summary>Evaluations of the denoiser.</summary>
    public int Evaluations { get; }

    /// <summary>What was chosen for the request's budget; null without one.</summary>
    public AccelerationChoice? Choice { get; }

    /// <summary>What each evaluation does.</summary>
    public AccelerationPlan Plan { get; }

    /// <summary>The ControlNets whose pictures are followed.</summary>
    public IReadOnlyList<ControlNetExplanation> ControlNets { get; }

    /// <summary>Where the evaluations' work lies: every layer of attention, and all else of each depth, as the exact request computes it and as it is planned. The exact request is compiled for it, from shapes alone.</summary>
    public IReadOnlyList<LayerExplanation> Layers => _layers.Value;

    /// <summary>The type in which activations are stored.</summary>
    public ElementType Type { get; }

    /// <summary>How pictures are decoded in parts; null where they are decoded at once.</summary>
    public DecodingExplanation? Decoding { get; }

    /// <summary>Guidance; 1 is none.</summary>
    public double CfgScale { get; }

    /// <summary>The sampler.</summary>
    public string Sampler { get; }

    /// <summary>The schedule of noise levels.</summary>
    public string? Schedule { get; }

    /// <summary>What is done otherwise than the request or the model's files say; empty as a rule.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>The parts, in the order in which they run.</summary>
    public IReadOnlyList<ComponentExplanation> Components { get; }

    /// <summary>Weights read as they are in the files, bytes.</summary>
    public long MappedWeightBytes => _uses.Sum(use => use.Memory.Weights);

    /// <summary>Weights packed at load, bytes.</summary>
    public long PreparedWeightBytes => _uses.Sum(use => use.Memory.Prepared);

    /// <summary>Activations: the largest program's arena, shared by all, or what decoding in parts takes, bytes.</summary>
    public long ArenaBytes => _uses.Max(use => use.Memory.Arena);

    /// <summary>Inputs, results and row table of the largest run, bytes.</summary>
    public long RunBytes => _uses.Max(use => use.Memory.Run);

    /// <summary>Weights of which only those of one layer are in memory at a time, because the network is larger than the memory: every evaluation reads them from their files again. Bytes.</summary>
    public long StreamedWeightBytes => _uses.Sum(use => use.Memory.Streamed);

    /// <summary>Weights of the denoiser that leave when its loop begins, since the text and the times alone need them: text keys and values, the scales, shifts and gates of norms. 0 where all weights stay. Bytes.</summary>
    public long EarlyWeightBytes => _uses.Where(use => use.InTurn).Sum(use => use.Memory.Held(inFiles: true, inTurn: false) - use.Memory.InLoop.Of(inFiles: true));

    /// <summary>Whether the weights of a component leave when those of the next are brought in: asked for (<see cref="PipelineOptions.Offload"/>), or because all of them do not fit.</summary>
    public bool HoldsOneComponent { get; }

    /// <summary>The most that the request holds at one time, bytes: weights, activations, inputs and results of the component at which it is most. The program itself takes about 200 MiB more.</summary>
    public long PeakBytes { get; }

    /// <summary>How long it is expected to take, without weights that are to be brought in: the sum over its launches of what they were measured to take on this device, or would at the rates of like ones.</summary>
    public GenerationTimes Expected { get; }

    /// <summary>The part of <see cref="Expected"/> that rests on launches which were measured as they are; 0 where nothing was measured on this device and the times are guesses.</summary>
    public double MeasuredShare { get; }

    /// <summary>How like the exact picture it is expected to be; null where the policy, or a part of it, was not measured with this model.</summary>
    public ExpectedLikeness? Likeness => _likeness.Value;

    /// <summary>Floating-point operations of the whole request.</summary>
    public long Flops => Components.Sum(c => c.Flops);

    private static ExpectedLikeness? LikenessOf(ResolvedRequest request, Func<Frontier> measured)
    {
        if (request.Choice is { } choice)
        {
            return choice.Psnr is { } expected ? new ExpectedLikeness(expected, true, choice.IsCalibrated) { Spread = choice.PsnrSpread, MeasuredWith = choice.MeasuredWith } : null;
        }

        if (IdlePolicy.IsExact(request))
        {
            return new ExpectedLikeness(double.PositiveInfinity, true, false) { MeasuredWith = "this model" };
        }

        Frontier frontier = measured();
        return frontier.Of(request.Request.Policy ?? AccelerationPolicy.Exact, request.Key.Evaluations) is var (psnr, spread, isMeasured)
            ? new ExpectedLikeness(psnr, isMeasured, frontier.IsCalibrated) { Spread = spread, MeasuredWith = frontier.MeasuredWith ?? "this model" }
            : null;
    }

    private IReadOnlyList<LayerExplanation> Compare(ResolvedRequest request, ResolvedRequest exact, ModelComponents model, CostModel costs)
    {
        static int Times(ResolvedRequest one) => (one.Request.BatchCount + one.Key.Images - 1) / one.Key.Images;
        LoopRun planned = new(_uses.First(use => use.Denoises).Parts[0].Executable, request.Plan, Times(request));
        LoopRun twin = exact.Key == request.Key ? planned : new(model.Denoiser.Use(exact.Key, model.Runner.Type).Parts[0].Executable, exact.Plan, Times(exact));
        return new LayerCosts(model.Denoiser.Survey(request.Key.Height, request.Key.Width).Sites, costs).Of(twin, planned);
    }
}

/// <summary>A ControlNet of a request. What it computes is part of the denoiser's programs.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Strength">How strongly it is followed.</param>
/// <param name="Evaluations">In how many evaluations of the denoiser it takes part.</param>
public sealed record ControlNetExplanation(string Name, double Strength, int Evaluations);

/// <summary>How pictures are decoded in parts of which only one is in memory.</summary>
public sealed class DecodingExplanation
{
    internal DecodingExplanation(DecodePlan plan) => (TilesOfParts, Bytes, Work) = ([.. plan.Parts.Select(part => part.Tiles.Count())], plan.Bytes, plan.Work);

    /// <summary>For each part the tiles in which it is computed.</summary>
    public IReadOnlyList<int> TilesOfParts { get; }

    /// <summary>Bytes that it takes at most, beside the weights.</summary>
    public long Bytes { get; }

    /// <summary>How many times the operations of decoding at once.</summary>
    public double Work { get; }
}

/// <summary>What one part would run.</summary>
public sealed class ComponentExplanation
{
    internal ComponentExplanation(string name, Executable executable, int runs, AccelerationPlan? plan, IReadOnlyList<ProgramCost> costs)
    {
        (Name, Executable, Runs, VariantOf, Costs) = (name, executable, runs, plan?.VariantOf ?? [], costs);
        (double seconds, double timed) = RunCosts.Of(costs, plan);
        (Expected, Timed) = (TimeSpan.FromSeconds(runs * seconds), runs * timed);
    }

    /// <summary>The part.</summary>
    public string Name { get; }

    /// <summary>How often it is run, each time with other inputs.</summary>
    public int Runs { get; }

    /// <summary>The variant of the evaluation program for each evaluation of a run; empty for a part that has none.</summary>
    public IReadOnlyList<int> VariantOf { get; }

    /// <summary>Floating-point operations in all.</summary>
    public long Flops => Executable.Programs.Sum(p => p.Work.Flops * RunsOf(p));

    /// <summary>How long all its runs are expected to take.</summary>
    public TimeSpan Expected { get; }

    /// <summary>The seconds of it that rest on launches which were measured as they are.</summary>
    internal double Timed { get; }

    /// <summary>What each of its programs takes, in their order.</summary>
    internal IReadOnlyList<ProgramCost> Costs { get; }

    /// <summary>Its programs.</summary>
    internal Executable Executable { get; }

    /// <summary>How often one of its programs runs.</summary>
    internal int RunsOf(ProgramReport program) => RunsOf(program.Variant);

    internal int RunsOf(int? variant) => Runs * (variant is { } number ? VariantOf.Count(v => v == number) : 1);
}
