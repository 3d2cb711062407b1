using System.Security.Cryptography;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Text;

namespace IlgpuDiffusion.Requests;

/// <summary>A request with every default filled in and every setting checked against the model, before anything runs.</summary>
internal sealed record ResolvedRequest
{
    public required GenerationRequest Request { get; init; }

    public required int Width { get; init; }

    public required int Height { get; init; }

    public required int Steps { get; init; }

    public required double CfgScale { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>Layers of the text encoder left out at the end.</summary>
    public required int SkippedLayers { get; init; }

    public required ResolvedSampler Sampler { get; init; }

    public SamplingProgram Program => Sampler.Program;

    /// <summary>The prompts of the branches, unconditional first, of equally many chunks.</summary>
    public required IReadOnlyList<PromptTokens> Prompts { get; init; }

    public required EvaluationKey Key { get; init; }

    /// <summary>What is done otherwise than the request or the model's files say.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>What each evaluation does.</summary>
    public required AccelerationPlan Plan { get; init; }

    /// <summary>Whether the run begins at a picture's latents rather than at noise alone.</summary>
    public bool StartsAtPicture => Request.InitImage is not null && (Request.Strength < 1 || Request.Mask is null);

    /// <summary>Pixels of the side of a tile of the autoencoder's attention; 0 for none.</summary>
    public int AutoencoderTile => Request.Policy?.Techniques.OfType<HyperTile>().FirstOrDefault()?.AutoencoderTile ?? 0;

    public Shape Latents(int channels) => new(Request.BatchCount, Key.Height, Key.Width, channels);

    /// <exception cref="RequestException">A setting is out of range or does not fit the model.</exception>
    /// <param name="request">The request.</param>
    /// <param name="parts">The model.</param>
    /// <param name="defaults">What is taken where the request says nothing.</param>
    /// <param name="survey">The denoiser's sites at a height and width of latents.</param>
    public static ResolvedRequest Resolve(GenerationRequest request, ModelParts parts, FamilyDefaults defaults, Func<int, int, SiteSurvey> survey)
    {
        ArgumentNullException.ThrowIfNull(request);
        int factor = parts.Vae.Config.Factor;
        int width = Side("width", request.Width ?? request.InitImage?.Width ?? defaults.Size, factor);
        int height = Side("height", request.Height ?? request.InitImage?.Height ?? defaults.Size, factor);
        int steps = request.Steps ?? Math.Min(defaults.Steps, parts.Scheduler.TrainingSteps - 1);
        double guidance = request.CfgScale ?? defaults.CfgScale;
        CheckNumbers(request, steps, guidance);
        CheckPictures(request, parts);
        int skipped = request.ClipSkip == 0 ? 0 : request.ClipSkip - 1;
        if (request.ClipSkip < 0 || skipped >= parts.Clip.Config.Layers)
        {
            throw new RequestException($"clip skip must be 1 to {parts.Clip.Config.Layers} for this text encoder of {parts.Clip.Config.Layers} layers, or 0 for the model's own; it is {request.ClipSkip}.");
        }

        ResolvedSampler sampler = ResolvedSampler.Resolve(request, parts.Scheduler, steps, parts.Family.Sampler);
        SamplingProgram program = sampler.Program;
        IReadOnlyList<PromptTokens> prompts = Tokenize(request, parts, guidance);
        AccelerationPlan plan = MakePlan(request, program, prompts.Count == 2, factor, () => survey(height / factor, width / factor));
        EvaluationKey key = new(
            request.BatchCount, height / factor, width / factor, prompts.Count, prompts.Count, prompts[0].Chunks.Count * ClipTokenizer.ContextLength, program.Evaluations.Count,
            request.CfgRescale > 0 && prompts.Count == 2, new([.. plan.Variants]));
        return new ResolvedRequest
        {
            Request = request,
            Width = width,
            Height = height,
            Steps = steps,
            CfgScale = guidance,
            Seed = request.Seed ?? (ulong)RandomNumberGenerator.GetInt32(int.MaxValue),
            SkippedLayers = skipped,
            Sampler = sampler,
            Prompts = prompts,
            Key = key,
            Warnings = [.. new[] { sampler.Warning, defaults.SizeWarning(parts.Name, width, height) }.OfType<string>(), .. ForeignSyntax.Warnings("prompt", request.Prompt), .. ForeignSyntax.Warnings("negative prompt", request.NegativePrompt)],
            Plan = plan,
        };
    }

    /// <summary>The same request at another size.</summary>
    public ResolvedRequest WithSize(int width, int height, int factor, Func<int, int, SiteSurvey> survey)
    {
        AccelerationPlan plan = MakePlan(Request, Program, Prompts.Count == 2, factor, () => survey(height / factor, width / factor));
        return this with { Width = width, Height = height, Plan = plan, Key = Key with { Width = width / factor, Height = height / factor, Variants = new([.. plan.Variants]) } };
    }

    private static AccelerationPlan MakePlan(GenerationRequest request, SamplingProgram program, bool guided, int factor, Func<SiteSurvey> survey)
    {
        if (request.Policy is not { Techniques.Count: > 0 } policy)
        {
            return AccelerationPlan.Neutral(program.Evaluations.Count, guided);
        }

        int steps = program.Schedule.Levels.Count - 1;
        try
        {
            return AccelerationPlan.Make(policy, survey(), [.. program.Evaluations.Select(e => new Moment(e.Index, e.Step, steps))], guided, factor);
        }
        catch (PolicyException e)
        {
            throw new RequestException(e.Message, e);
        }
    }

    private static int Side(string name, int pixels, int factor)
    {
        if (pixels <= 0 || pixels % factor != 0)
        {
            int near = Math.Max(factor, (int)Math.Round((double)pixels / factor) * factor);
            throw new RequestException($"{name} must be a positive multiple of {factor}; it is {pixels}. The nearest is {near}.");
        }

        return pixels <= 16384 ? pixels : throw new RequestException($"{name} must be at most 16384; it is {pixels}.");
    }

    private static void CheckNumbers(GenerationRequest request, int steps, double guidance)
    {
        Require(steps >= 1, $"steps must be at least 1; it is {steps}.");
        Require(double.IsFinite(guidance) && guidance >= 0, $"cfg scale must be a number of at least 0; it is {guidance}.");
        Require(request.CfgRescale is >= 0 and <= 1, $"cfg rescale must be from 0 to 1; it is {request.CfgRescale}.");
        Require(request.BatchCount is >= 1 and <= 64, $"batch count must be from 1 to 64; it is {request.BatchCount}.");
        Require(request.Seed is null || request.Seed <= ulong.MaxValue - (ulong)(request.BatchCount - 1), $"seed must leave room for {request.BatchCount} pictures, whose seeds count up from it; it is {request.Seed}.");
        Require(request.Eta is null || (double.IsFinite(request.Eta.Value) && request.Eta >= 0), $"eta must be a number of at least 0; it is {request.Eta}.");
        Require(request.InitImage is null || request.Strength is > 0 and <= 1, $"strength must be above 0 and at most 1; it is {request.Strength}.");
        Require(request.MaskBlur is null or (>= 0 and <= 64), $"mask blur must be from 0 to 64 pixels, or null; it is {request.MaskBlur}.");
        Require(Enum.IsDefined(request.Rng), $"rng must be one of {string.Join(", ", Enum.GetNames<NoiseKind>())}; it is {request.Rng}.");
        Require(request.PreviewInterval >= 0, $"preview interval must not be negative; it is {request.PreviewInterval}.");
    }

    private static void CheckPictures(GenerationRequest request, ModelParts parts)
    {
        Require(request.Mask is null || request.InitImage is not null, "a mask needs a picture to start from (init image).");
        Require(!parts.InpaintingNetwork || request is { InitImage: not null, Mask: not null }, $"'{parts.Name}' is an inpainting model: it needs a picture to start from (init image) and a mask.");
    }

    private static IReadOnlyList<PromptTokens> Tokenize(GenerationRequest request, ModelParts parts, double guidance)
    {
        PromptChunker chunker = new(parts.Tokenizer);
        PromptTokens positive = Chunk(chunker, "prompt", request.Prompt);
        if (guidance == 1)
        {
            return [positive];
        }

        (PromptTokens negative, PromptTokens prompt) = chunker.Equalise(Chunk(chunker, "negative prompt", request.NegativePrompt), positive);
        return [negative, prompt];
    }

    private static PromptTokens Chunk(PromptChunker chunker, string name, string text)
    {
        try
        {
            return chunker.Chunk(text);
        }
        catch (FormatException e)
        {
            throw new RequestException($"{name}: {e.Message}", e);
        }
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new RequestException(message);
        }
    }
}
