using System.Security.Cryptography;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Text;

namespace IlgpuDiffusion.Requests;

/// <summary>A request with every default filled in and every setting checked against the model, before anything runs.</summary>
internal sealed partial record ResolvedRequest
{
    internal const string Negative = "negative prompt";

    public required GenerationRequest Request { get; init; }

    public required int Width { get; init; }

    public required int Height { get; init; }

    /// <summary>The steps that are taken.</summary>
    public required int Steps { get; init; }

    /// <summary>The steps that were asked for, of which a policy may take a share.</summary>
    public required int AskedSteps { get; init; }

    public required double CfgScale { get; init; }

    /// <summary>The scale of the difference between the branches; 1 where there is one branch.</summary>
    public required double BranchScale { get; init; }

    public required ulong Seed { get; init; }

    public required ResolvedSampler Sampler { get; init; }

    public SamplingProgram Program => Sampler.Program;

    /// <summary>The prompts of the branches, unconditional first, as the text encoders take them, and how they change from step to step.</summary>
    public required PromptTimeline Prompts { get; init; }

    /// <summary>The prompts of the first step; those of others have the same form.</summary>
    public ConditioningPlan Conditioning => Prompts.Texts[0];

    /// <summary>What is added to the networks' weights.</summary>
    public required AdapterSet Adapters { get; init; }

    /// <summary>The form of the evaluation; its pictures are those that are painted at one time.</summary>
    public required EvaluationKey Key { get; init; }

    /// <summary>What a refiner runs from some evaluation on; null without one.</summary>
    public Handover? Handover { get; init; }

    /// <summary>The ControlNets.</summary>
    public required ControlChoice Controls { get; init; }

    /// <summary>What is done otherwise than the request or the model's files say.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>What each evaluation does.</summary>
    public required AccelerationPlan Plan { get; init; }

    /// <summary>The plans of all networks of the loop.</summary>
    public IReadOnlyList<AccelerationPlan> Plans => Handover is { } next ? [Plan, next.Plan] : [Plan];

    /// <summary>Bytes beside the weights within which pictures are decoded in parts; null where they are decoded at once.</summary>
    public long? DecodeMemory { get; init; }

    /// <summary>Whether the weights of one component are held at a time: they leave when another's are brought in.</summary>
    public bool HoldsOne { get; init; }

    /// <summary>Whether every picture is decoded when it is painted though one component is held at a time: the decoder's weights are held beside the denoiser's.</summary>
    public bool DecodesEach { get; init; }

    /// <summary>Whether pictures are decoded when all are painted, since the decoder would push the denoiser out.</summary>
    public bool DecodesLast => HoldsOne && !DecodesEach && !Key.Streams;

    /// <summary>Whether a denoiser's weights that are read before its loop alone leave when the loop begins. Text that changes on the way would want them again.</summary>
    public bool InTurn => HoldsOne && !Key.Streams && Prompts.Texts.Count == 1;

    /// <summary>How often pictures are painted at one time.</summary>
    public int Groups => (Request.BatchCount + Key.Images - 1) / Key.Images;

    /// <summary>How pictures are decoded.</summary>
    public DecodeForm Decoding => Decode(TinyDecoding.Pictures);

    /// <summary>How previews are decoded.</summary>
    public DecodeForm PreviewDecoding => Decode(TinyDecoding.Previews);

    /// <summary>What the pipeline's tiny decoder is used for; nothing where it has none.</summary>
    public required TinyDecoding Tiny { get; init; }

    /// <summary>What was chosen for the request's budget; null without one.</summary>
    public AccelerationChoice? Choice { get; init; }

    /// <summary>Whether the run begins at a picture's latents rather than at noise alone.</summary>
    public bool StartsAtPicture => Request.InitImage is not null && (Request.Strength < 1 || Request.Mask is null);

    public Shape Latents(int channels) => new(Key.Images, Key.Height, Key.Width, channels);

    /// <exception cref="RequestException">A setting is out of range or does not fit the model.</exception>
    public static ResolvedRequest Resolve(GenerationRequest request, ModelComponents model, FamilyDefaults defaults)
    {
        ArgumentNullException.ThrowIfNull(request);
        ModelParts parts = model.Parts;
        int factor = parts.Vae.Config.Factor;
        int step = factor * parts.Network.GridStep;
        int width = RequestChecks.Side("width", nameof(GenerationRequest.Width), request.Width ?? request.InitImage?.Width ?? defaults.Size, step);
        int height = RequestChecks.Side("height", nameof(GenerationRequest.Height), request.Height ?? request.InitImage?.Height ?? defaults.Size, step);
        int asked = request.Steps ?? Math.Min(defaults.Steps, parts.Scheduler.TrainingSteps - 1);
        double guidance = request.CfgScale ?? defaults.CfgScale;
        RequestChecks.Numbers(request, asked, guidance);
        RequestChecks.Pictures(request, parts);
        ToldSizes.Check(request, parts);
        int steps = request.Policy?.StepsOf(asked) ?? asked;
        ResolvedSampler sampler = ResolvedSampler.Resolve(request, Shifted(request, parts).For(width / step * (height / step)), steps, parts.Family.Sampler);
        SamplingProgram program = sampler.Program;

        // A network that embeds the guidance scale is guided in one evaluation, unless both kinds are asked for.
        bool embeds = parts.Network.Inputs.Any(input => input.Name == NetworkInputs.Guidance);
        RequestChecks.Require(embeds || request.TrueCfgScale == 1, nameof(GenerationRequest.TrueCfgScale), $"true cfg scale is for networks that take the guidance scale as an input, such as FLUX.1 dev; '{parts.Name}' does not: use cfg scale.");
        double between = embeds ? request.TrueCfgScale : guidance;
        // 0 is what diffusers' users write for none.
        int branches = between is 0 or 1 ? 1 : 2;
        AdapterChoice adapters = AdapterChoice.Of(request, model.Adapters);
        PromptTimeline prompts = Condition(request with { Prompt = adapters.Prompt }, adapters.Adapters, model, branches, steps, width, height);
        ControlChoice controls = ControlChoice.Of(request, model, width, height);
        int own = OwnEvaluations(request, model, program);
        (Moment[] moments, Moment[] refined) = Split(controls.Moments(program), own);
        AccelerationPlan plan = MakePlan(request, moments, branches == 2, factor, () => model.Denoiser.Survey(height / factor, width / factor));
        EvaluationKey key = new(
            Math.Min(request.BatchSize ?? request.BatchCount, request.BatchCount), height / factor, width / factor, branches, prompts.Texts[0].Inputs, own,
            request.CfgRescale > 0 && branches == 2, new([.. plan.Variants]))
        {
            Changes = adapters.Adapters.Of(parts.NetworkWeights),
            Controls = controls.Parts,
        };
        ResolvedRequest resolved = new()
        {
            Request = request,
            Width = width,
            Height = height,
            Steps = steps,
            AskedSteps = asked,
            CfgScale = guidance,
            BranchScale = between,
            Seed = request.Seed ?? (ulong)RandomNumberGenerator.GetInt32(int.MaxValue),
            Sampler = sampler,
            Prompts = prompts,
            Adapters = adapters.Adapters,
            Key = key,
            Handover = refined.Length == 0 ? null : HandOver(request with { Prompt = adapters.Prompt }, model.Refiner!, key, own, refined, steps, width, height, factor),
            Controls = controls,
            Tiny = model.Codec.Tiny is null ? TinyDecoding.None : request.TinyDecoder,
            Warnings = [],
            Plan = plan,
        };
        return resolved with { Warnings = [.. resolved.Warn(model, defaults, adapters, embeds)] };
    }

    private DecodeForm Decode(TinyDecoding what) => Tiny.HasFlag(what) ? new(Key.Height, Key.Width) { Tiny = true } : new(Key.Height, Key.Width, DecoderTiling.Of(Request.Policy, Width / Key.Width), DecodeMemory);

    /// <summary>The same with one component held at a time, and of the largest those weights alone that are at work.</summary>
    public ResolvedRequest Streaming() => this with
    {
        HoldsOne = true,
        DecodesEach = false,
        Key = Key with { Streams = true },
        Prompts = Prompts with { Texts = [.. Prompts.Texts.Select(text => text with { Request = text.Request with { Streams = true } })] },
    };

    /// <summary>The pictures that are painted at one time, from one of them on.</summary>
    public ResolvedRequest Group(int first) => Painting(Math.Min(Key.Images, Request.BatchCount - first)) with { Seed = Seed + (ulong)first };

    /// <summary>The same with so many pictures at one time.</summary>
    public ResolvedRequest Painting(int images) => this with { Key = Key with { Images = images }, Handover = Handover is { } next ? next with { Key = next.Key with { Images = images } } : null };

    /// <summary>The same request at another size.</summary>
    public ResolvedRequest WithSize(int width, int height, ModelComponents model)
    {
        int factor = model.Parts.Vae.Config.Factor;
        (Moment[] moments, Moment[] refined) = Split(Controls.Moments(Program), Key.Evaluations);
        AccelerationPlan plan = MakePlan(Request, moments, Key.Branches == 2, factor, () => model.Denoiser.Survey(height / factor, width / factor));
        EvaluationKey key = Key with { Width = width / factor, Height = height / factor };
        return this with
        {
            Width = width,
            Height = height,
            Handover = Handover is null ? null : HandOver(Request, model.Refiner!, key, Key.Evaluations, refined, Steps, width, height, factor),
            Plan = plan,
            Key = key with { Variants = new([.. plan.Variants]) },
        };
    }

    // Those of the model, and those of the refiner, counted from its own first.
    private static (Moment[] Own, Moment[] Refined) Split(Moment[] moments, int own) =>
        (moments[..own], [.. moments.Skip(own).Select(moment => moment with { Evaluation = moment.Evaluation - own, Controls = 0 })]);

    // As diffusers cuts the schedule: the refiner takes the training steps below the rest of its share, with the first evaluation of a step.
    private static int OwnEvaluations(GenerationRequest request, ModelComponents model, SamplingProgram program)
    {
        int all = program.Evaluations.Count;
        if (model.Refiner is not { } refiner)
        {
            return all;
        }

        RequestChecks.Require(request.RefinerStart is > 0 and <= 1, nameof(GenerationRequest.RefinerStart), $"refiner start must be above 0 and at most 1; it is {request.RefinerStart}.");
        RequestChecks.Require(request.Policy?.Techniques.Any(technique => technique is TGate { Gate: < 1 }) != true, nameof(GenerationRequest.Policy), "'tgate' keeps what the text said for all that follows, which is nothing to the refiner: leave one of them out, or let tgate.gate be 1.");
        int training = refiner.Parts.Scheduler.TrainingSteps;
        double cut = Math.Round(training * (1 - request.RefinerStart));
        int first = request.RefinerStart == 1 ? all : program.Evaluations.TakeWhile(e => e.Scalars.Timestep >= cut).Count();
        while (first > 0 && first < all && program.Evaluations[first - 1].Step == program.Evaluations[first].Step)
        {
            first++;
        }

        RequestChecks.Require(first > 0, nameof(GenerationRequest.RefinerStart), FormattableString.Invariant($"no step is left before the refiner takes over at {request.RefinerStart} of the schedule: give it as the model itself, or a larger strength or refiner start."));
        return first;
    }

    private static Handover HandOver(GenerationRequest request, ModelComponents refiner, EvaluationKey key, int first, Moment[] moments, int steps, int width, int height, int factor)
    {
        PromptTimeline prompts = Condition(request, AdapterSet.None, refiner, key.Branches, steps, width, height);
        AccelerationPlan plan = MakePlan(request, moments, key.Branches == 2, factor, () => refiner.Denoiser.Survey(height / factor, width / factor));
        return new Handover(first, key with { Conditioning = prompts.Texts[0].Inputs, Evaluations = moments.Length, Variants = new([.. plan.Variants]), Changes = WeightChanges.None, Controls = default }, plan, prompts);
    }

    private static AccelerationPlan MakePlan(GenerationRequest request, IReadOnlyList<Moment> moments, bool guided, int factor, Func<SiteSurvey> survey)
    {
        if (request.Policy is not { Techniques.Count: > 0 } policy)
        {
            return AccelerationPlan.Neutral(moments, guided);
        }

        try
        {
            return AccelerationPlan.Make(policy, survey(), moments, guided, factor);
        }
        catch (PolicyException e)
        {
            throw new RequestException(nameof(GenerationRequest.Policy), e.Message, e);
        }
    }

    private static SchedulerConfig Shifted(GenerationRequest request, ModelParts parts)
    {
        if (request.Shift is not { } shift)
        {
            return parts.Scheduler;
        }

        RequestChecks.Require(double.IsFinite(shift) && shift > 0, nameof(GenerationRequest.Shift), $"shift must be a number above 0; it is {shift}.");
        return parts.Scheduler.Trained is FlowNoise flow
            ? parts.Scheduler with { Trained = flow with { Shift = shift, Dynamic = false } }
            : throw new RequestException(nameof(GenerationRequest.Shift), $"shift is for models of flow matching, such as Stable Diffusion 3 and FLUX.1; '{parts.Name}' is none.");
    }

    private static PromptTimeline Condition(GenerationRequest request, AdapterSet adapters, ModelComponents model, int branches, int steps, int width, int height)
    {
        int layers = model.Conditioner.Layers;
        RequestChecks.Require(request.ClipSkip >= 0 && request.ClipSkip <= layers, nameof(GenerationRequest.ClipSkip), $"clip skip must be 1 to {layers} for this text encoder of {layers} layers, or 0 for the model's own; it is {request.ClipSkip}.");
        int skip = request.ClipSkip == 0 ? model.Parts.Family.ClipSkip : request.ClipSkip;
        ToldSizes told = ToldSizes.Of(request, width, height);
        IReadOnlyList<string>[] prompts = [PromptSchedule.Of(request.NegativePrompt, steps), PromptSchedule.Of(request.Prompt, steps)];
        try
        {
            return PromptTimeline.Of(steps, branches == 2 ? prompts : prompts[1..], (texts, chunks) =>
            {
                ConditioningText positive = new("prompt", texts[^1]) { Sizes = told.Prompt }, negative = new(Negative, texts[0]) { IsNegative = true, Sizes = told.Negative };
                return model.Conditioner.Plan(new ConditioningRequest(branches == 2 ? [negative, positive] : [positive], skip - 1, width, height) { LeastChunks = chunks, Adapters = adapters, Scores = new(request.NegativeAestheticScore, request.AestheticScore) });
            });
        }
        catch (FormatException e)
        {
            throw new RequestException(e.Message.StartsWith(Negative, StringComparison.Ordinal) ? nameof(GenerationRequest.NegativePrompt) : nameof(GenerationRequest.Prompt), e.Message, e);
        }
    }
}
