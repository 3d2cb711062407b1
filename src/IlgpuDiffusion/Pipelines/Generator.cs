using System.Diagnostics;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Text;

namespace IlgpuDiffusion.Pipelines;

/// <summary>Carries out one resolved request on the lane's thread.</summary>
internal sealed class Generator(ModelParts parts, ComponentRunner runner, TextEncoder text, Denoiser denoiser, LatentCodec codec)
{
    private readonly MemoryCheck _memory = new(parts, runner, text, denoiser, codec);

    /// <summary>The parts that a request runs, compiled, in their order.</summary>
    /// <exception cref="RequestException">The picture is too large for the model.</exception>
    public IReadOnlyList<ComponentExplanation> Components(ResolvedRequest request)
    {
        EvaluationKey key = request.Key;
        try
        {
            List<ComponentExplanation> components = [new("text encoder", text.Executable(request.Prompts.Sum(prompt => prompt.Chunks.Count), request.SkippedLayers), 1)];
            if (request.Request.InitImage is not null)
            {
                components.Add(new("encoder", codec.Executable(key.Height, key.Width, encode: true), parts.InpaintingNetwork ? 2 : 1));
            }

            components.Add(new("denoiser", denoiser.Executable(key), key.Evaluations) { VariantOf = request.Plan.VariantOf });
            components.AddRange(Decoder(request));
            return components;
        }
        catch (Exception e) when (e is ShapeException or OverflowException)
        {
            throw new RequestException($"{key.Images} pictures of {request.Width} x {request.Height} are more than this model can hold: {e.Message} Use a smaller width, height or batch count.", e);
        }
    }

    // In parts: its first stages at once, then the others over tiles.
    private IEnumerable<ComponentExplanation> Decoder(ResolvedRequest request)
    {
        DecoderChoice choice = _memory.Decoder(request);
        if (choice.AtOnce is { } atOnce)
        {
            return [new("decoder", atOnce, request.Key.Images)];
        }

        DecodePlan plan = choice.InParts!;
        return [new("decoder", plan.Head, request.Key.Images), .. plan.Parts.Select((part, i) => new ComponentExplanation($"decoder, part {i + 1} in {part.Tiles.Count()} tiles", part.End, request.Key.Images * part.Tiles.Count()))];
    }

    /// <exception cref="DeviceMemoryException">The device has too little memory for the weights alone.</exception>
    public void RequireWeights(ResolvedRequest usual) => _memory.RequireWeights(usual);

    /// <summary>Makes the pictures of a request, and reports what happens.</summary>
    public GenerationResult Generate(ResolvedRequest request, Action<GenerationEvent>? report, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();

        // All activations first: a picture that does not fit is refused before anything is computed.
        IReadOnlyList<ComponentExplanation> components = Components(request);
        _memory.Require(request);
        runner.Lane.Reserve(components.Max(component => component.Executable.Memory.Arena));
        float[] context = text.Encode(request.Prompts, request.SkippedLayers, Emphasis.Original, cancellation);
        long encoded = Stopwatch.GetTimestamp();
        float[] latents = Denoise(request, context, report, cancellation);
        long denoised = Stopwatch.GetTimestamp();

        StartPicture? picture = StartPicture.Of(request);
        int size = latents.Length / request.Key.Images;
        List<GeneratedImage> images = [];
        for (int i = 0; i < request.Key.Images; i++)
        {
            float[] pixels = codec.Decode(latents.AsSpan(i * size, size), request.Key.Height, request.Key.Width, cancellation);
            if (pixels.AsSpan().IndexOfAnyExceptInRange(0f, 1f) >= 0)
            {
                throw NotNumbers($"Picture {i + 1} decodes to values that are not numbers", request);
            }

            ulong seed = request.Seed + (ulong)i;
            Image painted = Image.FromFloats(pixels, request.Width, request.Height);
            GeneratedImage image = new(picture?.Painted is not null && request.Request.MaskBlur is { } blur ? MaskOverlay.Lay(painted, picture, blur) : painted, seed, Describe(request, seed));
            images.Add(image);
            report?.Invoke(new PictureEvent(i, image));
        }

        return new GenerationResult(images, new GenerationTimes(Stopwatch.GetElapsedTime(start, encoded), Stopwatch.GetElapsedTime(encoded, denoised), Stopwatch.GetElapsedTime(denoised)));
    }

    /// <summary>Text context to the last latents, [B, h, w, c].</summary>
    public float[] Denoise(ResolvedRequest request, float[] context, Action<GenerationEvent>? report, CancellationToken cancellation, DenoiseHooks? hooks = null)
    {
        Shape shape = request.Latents(parts.Vae.Config.LatentChannels);
        SamplingProgram program = request.Program;
        Func<float[]> draw = hooks?.Draw ?? new LatentNoise(request.Request.Rng, request.Seed, shape).Next;
        float[] noise = draw();
        StartPicture? picture = hooks?.Picture ?? StartPicture.Of(request);
        float[]? known = picture is null ? null : codec.Encode(picture.Pixels, shape.Height, shape.Width, cancellation);

        using Run run = denoiser.Begin(request.Key, program, request.Plan, context, request.CfgScale, request.Request.CfgRescale, cancellation);
        using DenoisingLoop loop = new(runner.Device, program, request.Plan, run, shape);
        if (parts.InpaintingNetwork)
        {
            run.Set<float>(EvaluationGraph.Inpainting, MaskedInput(picture!, shape, cancellation));
        }

        loop.Start(StartLatents(request, noise, known));
        for (int i = 0; i < program.NoiseCount; i++)
        {
            loop.Noise(i, draw());
        }

        // A network made for inpainting keeps the known part itself; others are held to it after every step.
        using Inpaint? inpaint = picture?.Painted is not null && !parts.InpaintingNetwork
            ? Inpaint.Begin(denoiser.InpaintExecutable(shape, program.StepCount), runner.Device, runner.Lane, program, picture.LatentMask(shape.Height, shape.Width, parts.Vae.Config.Factor), known!, noise)
            : null;

        int done = 0;
        long last = Stopwatch.GetTimestamp();
        StepHooks steps = new(
            Queue: inpaint is null ? null : register => inpaint.EndStep(register, cancellation),
            Reads: step => hooks?.EndStep is not null || (report is not null && HasPreview(request, step)),
            Completed: end =>
            {
                hooks?.EndStep?.Invoke(() => loop.Read(end.Register));
                done++;
                long now = Stopwatch.GetTimestamp();
                report?.Invoke(new StepEvent(new GenerationProgress(done, program.StepCount, Stopwatch.GetElapsedTime(last, now))));
                Preview(request, loop, end, done, report, cancellation);
                last = Stopwatch.GetTimestamp();
            });
        loop.Play(steps, cancellation);

        float[] result = loop.Read(program.Result);
        int bad = result.AsSpan().IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        return bad < 0 ? result : throw NotNumbers($"The latents of picture {bad / (shape.Count / shape.Batch) + 1} are not numbers after the last step", request);
    }

    private InvalidDataException NotNumbers(string what, ResolvedRequest request) => runner.Type == ElementType.F16
        ? new($"{what}: f16 holds numbers to 65504 only, and this model may need larger ones. Take type bf16 or f32.")
        : new($"{what}: the model's weights are damaged, or a setting (cfg scale {request.CfgScale}, sampler {request.Sampler.Label}) drives it out of range.");

    private static float[] StartLatents(ResolvedRequest request, float[] noise, float[]? known)
    {
        NoiseLevel level = request.Program.StartLevel;
        (double alpha, double sigma) = request.StartsAtPicture ? (level.Alpha, level.Sigma) : (0, request.Program.Schedule.InitialScale);
        float[] start = new float[noise.Length];
        for (int i = 0; i < start.Length; i++)
        {
            // One picture starts the whole batch; each has its own noise.
            start[i] = (float)((alpha == 0 ? 0 : alpha * known![i % known.Length]) + sigma * noise[i]);
        }

        return start;
    }

    // [B, h, w, 1 + c]: the mask, then the latents of the picture with the painted part grey.
    private float[] MaskedInput(StartPicture picture, Shape shape, CancellationToken cancellation)
    {
        float[] visible = codec.Encode(picture.Visible(), shape.Height, shape.Width, cancellation);
        float[] mask = picture.LatentMask(shape.Height, shape.Width, parts.Vae.Config.Factor);
        int channels = shape.Channels + 1;
        float[] input = new float[shape.Rows * channels];
        for (int row = 0; row < shape.Rows; row++)
        {
            int token = row % mask.Length;
            input[row * channels] = mask[token];
            visible.AsSpan(token * shape.Channels, shape.Channels).CopyTo(input.AsSpan(row * channels + 1));
        }

        return input;
    }

    private static bool HasPreview(ResolvedRequest request, int done) =>
        request.Request.PreviewInterval is > 0 and int interval && done % interval == 0 && done != request.Program.StepCount;

    private void Preview(ResolvedRequest request, DenoisingLoop loop, EndStepMove end, int done, Action<GenerationEvent>? report, CancellationToken cancellation)
    {
        if (report is null || !HasPreview(request, done))
        {
            return;
        }

        float[] latents = loop.Read(end.Register);
        int size = latents.Length / request.Key.Images;
        float[] pixels = codec.Decode(latents.AsSpan(0, size), request.Key.Height, request.Key.Width, cancellation);
        report(new PreviewEvent(done, Image.FromFloats(pixels, request.Width, request.Height)));
    }

    private GenerationMetadata Describe(ResolvedRequest request, ulong seed) => new()
    {
        Prompt = request.Request.Prompt,
        NegativePrompt = request.Request.NegativePrompt,
        Steps = request.Steps,
        Sampler = request.Sampler.Label,
        ScheduleType = request.Sampler.ScheduleLabel,
        CfgScale = request.CfgScale,
        Seed = seed,
        Width = request.Width,
        Height = request.Height,
        Model = parts.Name,
        ClipSkip = request.Request.ClipSkip > 1 ? request.Request.ClipSkip : null,
        DenoisingStrength = request.Request.InitImage is null ? null : request.Request.Strength,
        InitImageHash = request.Request.InitImage is { } init ? ImageHash.Of(init) : null,
        MaskHash = request.Request.Mask is { } mask ? ImageHash.Of(mask) : null,
        MaskBlur = request.Request.Mask is null ? null : request.Request.MaskBlur,
        Rng = request.Request.Rng == NoiseKind.Cpu ? "CPU" : "NV",
        CfgRescale = request.Request.CfgRescale > 0 ? request.Request.CfgRescale : null,
        Eta = request.Request.Eta,
        Policy = request.Request.Policy is { Techniques.Count: > 0 } policy ? policy.ToJson() : null,
        Type = runner.Type == ElementType.F32 ? null : runner.Type.StorageName(),
        Version = $"IlgpuDiffusion {typeof(Generator).Assembly.GetName().Version?.ToString(3)}",
    };
}

/// <summary>Ways into the loop for comparisons with recordings.</summary>
/// <param name="Draw">Gives the draws of noise, [B, h, w, c], in place of a generator.</param>
/// <param name="Picture">The picture to begin with, in place of the request's.</param>
/// <param name="EndStep">Is told of every step's end; its argument reads the latents.</param>
internal sealed record DenoiseHooks(Func<float[]>? Draw = null, StartPicture? Picture = null, Action<Func<float[]>>? EndStep = null);
