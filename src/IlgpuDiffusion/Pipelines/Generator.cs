using System.Diagnostics;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Pipelines;

/// <summary>Carries out one resolved request on the lane's thread.</summary>
/// <param name="model">The model.</param>
/// <param name="offload">Whether one component is held at a time, whatever there is room for.</param>
internal sealed class Generator(ModelComponents model, bool offload = false)
{
    private readonly ComponentRunner _runner = model.Runner;
    private readonly MemoryCheck _memory = new(model, offload);

    /// <inheritdoc cref="MemoryCheck.HoldsWeights"/>
    public bool HoldsWeights(ResolvedRequest usual) => _memory.HoldsWeights(usual);

    /// <summary>The request with its way of decoding, as the memory that there is now asks for it.</summary>
    public ResolvedRequest Choose(ResolvedRequest request) => _memory.Choose(request);

    /// <summary>Makes the pictures of a request, and reports what happens.</summary>
    public GenerationResult Generate(ResolvedRequest request, Action<GenerationEvent>? report, CancellationToken cancellation, DenoiseHooks? hooks = null)
    {
        long start = Stopwatch.GetTimestamp();

        request = Choose(request);

        // All activations first: a picture that does not fit is refused before anything is computed.
        IReadOnlyList<ComponentUse> uses = request.Uses(model);
        _memory.Require(request);
        _runner.Residency.HoldsOne = request.HoldsOne;
        _runner.Lane.Reserve([.. uses.SelectMany(use => use.Parts).Select(part => part.Executable)]);
        EncodedTexts texts = EncodeTexts(request, cancellation);
        EncodedPicture? picture = StartPicture.Of(request) is { } given ? Encode(given, request, cancellation) : null;
        GenerationTimes times = new(Stopwatch.GetElapsedTime(start), default, default);
        List<GeneratedImage> images = [];
        List<DenoisedGroup> denoised = [];

        // Where one component is held, the run keeps its weights from leaving before the next pictures.
        bool keeps = request is { HoldsOne: true, Key.Streams: false, Handover: null };
        Run? run = null;
        try
        {
            for (int first = 0; first < request.Request.BatchCount; first += request.Key.Images)
            {
                ResolvedRequest group = request.Group(first);
                bool last = first + request.Key.Images >= request.Request.BatchCount;
                long begun = Stopwatch.GetTimestamp();
                if (!keeps || group.Key.Images != request.Key.Images)
                {
                    run?.Dispose();
                    run = null;
                }

                run ??= Begin(group, texts.Own[0], cancellation);
                float[] latents = Denoise(group, run, picture, report, hooks, texts, cancellation);
                denoised.Add(new DenoisedGroup(group, latents, new(first == 0 ? times.Text : default, Stopwatch.GetElapsedTime(begun), default)));
                if (!keeps || last)
                {
                    run.Dispose();
                    run = null;
                }

                if (request.DecodesLast && !last)
                {
                    continue;
                }

                foreach (DenoisedGroup ready in denoised)
                {
                    long decoding = Stopwatch.GetTimestamp();
                    Decode(ready.Request, ready.Latents, picture?.Picture, images, image => report?.Invoke(new PictureEvent(images.Count - 1, image, ready.Times with { Decoding = Stopwatch.GetElapsedTime(decoding) })), cancellation);
                    times = times with { Denoising = times.Denoising + ready.Times.Denoising, Decoding = times.Decoding + Stopwatch.GetElapsedTime(decoding) };
                }

                denoised.Clear();
            }
        }
        finally
        {
            run?.Dispose();
        }

        return new GenerationResult(images, times);
    }

    /// <summary>Seconds of the first evaluation of a request, as it runs, and the number of its variant; the numbers that it is given have no meaning.</summary>
    public (double Seconds, int Variant) TimeEvaluation(ResolvedRequest request, CancellationToken cancellation)
    {
        const double Enough = 1;
        const int Most = 8;
        int variant = request.Plan.VariantOf[0];
        using Run run = Begin(request, model.Conditioner.Encode(request.Conditioning, cancellation), cancellation);
        run.Prepare(cancellation);
        using DeviceClock clock = _runner.Device.CreateClock();
        List<double> times = [];
        do
        {
            clock.Tick();
            run.Evaluate(0, variant, cancellation);
            clock.Tick();
            times.Add(clock.Read()[0].TotalSeconds);
        }
        while (times.Count < Most && times.Sum() < Enough);

        // The first one touches memory and binds what it runs.
        double[] sorted = [.. (times.Count == 1 ? times : times.Skip(1)).Order()];
        return (sorted[sorted.Length / 2], variant);
    }

    /// <summary>The latents of the picture that a run begins with, and for a network made for inpainting those of its visible part.</summary>
    public EncodedPicture Encode(StartPicture picture, ResolvedRequest request, CancellationToken cancellation) => new(
        picture,
        model.Codec.Encode(picture.Pixels, request.Key.Height, request.Key.Width, cancellation),
        model.Parts.InpaintingNetwork ? model.Codec.Encode(picture.Visible(), request.Key.Height, request.Key.Width, cancellation) : null);

    /// <summary>Conditioning to the last latents, [B, h, w, c].</summary>
    /// <param name="request">The request.</param>
    /// <param name="conditioning">The network's inputs at the first step.</param>
    /// <param name="picture">The picture to begin with, or null.</param>
    /// <param name="report">Is told of steps and previews.</param>
    /// <param name="cancellation">Observed between evaluations.</param>
    /// <param name="hooks">For comparisons with recordings.</param>
    /// <param name="texts">The networks' inputs of every text, where they are encoded already.</param>
    public float[] Denoise(ResolvedRequest request, IReadOnlyDictionary<string, HostTensor> conditioning, EncodedPicture? picture, Action<GenerationEvent>? report, CancellationToken cancellation, DenoiseHooks? hooks = null, EncodedTexts? texts = null)
    {
        using Run run = Begin(request, conditioning, cancellation);
        return Denoise(request, run, picture, report, hooks, texts, cancellation);
    }

    private Run Begin(ResolvedRequest request, IReadOnlyDictionary<string, HostTensor> conditioning, CancellationToken cancellation) => model.Denoiser.Begin(
        request.Key, request.Program, request.Plan, conditioning, request.BranchScale, request.CfgScale, request.Request.CfgRescale, cancellation, request.Controls.Inputs,
        [.. request.Program.Evaluations.Take(request.Key.Evaluations)], request.InTurn);

    private float[] Denoise(ResolvedRequest request, Run run, EncodedPicture? picture, Action<GenerationEvent>? report, DenoiseHooks? hooks, EncodedTexts? texts, CancellationToken cancellation)
    {
        ModelParts parts = model.Parts;
        Shape shape = request.Latents(parts.Vae.Config.LatentChannels);
        SamplingProgram program = request.Program;
        Func<float[]> draw = hooks?.Draw ?? new LatentNoise(request.Request.Rng, request.Seed, shape).Next;
        float[] noise = draw();
        if (texts is { Own: [{ } begin, _, ..] })
        {
            // An earlier picture's run ended with another.
            Denoiser.SetText(run, begin);
        }

        using DenoisingLoop loop = new(_runner.Device, program, request.Plan, run, shape, Next(request, run, texts, cancellation));
        if (parts.InpaintingNetwork)
        {
            run.Set<float>(EvaluationGraph.Inpainting, MaskedInput(picture!, shape));
        }

        loop.Start(StartLatents(request, noise, picture?.Latents));
        for (int i = 0; i < program.NoiseCount; i++)
        {
            loop.Noise(i, draw());
        }

        // A network made for inpainting keeps the known part itself; others are held to it after every step.
        using Inpaint? inpaint = picture?.Picture.Painted is not null && !parts.InpaintingNetwork
            ? Inpaint.Begin(model.Denoiser.InpaintExecutable(shape, program.StepCount), _runner.Device, _runner.Lane, program, picture.Picture.LatentMask(shape.Height, shape.Width, parts.Vae.Config.Factor), picture.Latents, noise)
            : null;

        int text = 0;
        int done = 0;
        long last = Stopwatch.GetTimestamp();
        StepHooks steps = new(
            Queue: inpaint is null ? null : register => inpaint.EndStep(register, cancellation),
            Reads: step => hooks?.EndStep is not null || (report is not null && HasPreview(request, step)),
            Completed: end =>
            {
                hooks?.EndStep?.Invoke(() => loop.Read(end.Register));
                TimeSpan took = Stopwatch.GetElapsedTime(last);
                hooks?.StepTook?.Invoke(done, took);
                done++;
                report?.Invoke(new StepEvent(new GenerationProgress(done, program.StepCount, took)));
                Preview(request, loop, end, done, report, cancellation);
                last = Stopwatch.GetTimestamp();
            },
            Text: texts is not { Own.Count: > 1 } ? null : step =>
            {
                (int before, text) = (text, request.Prompts.At(step));
                return text == before ? null : request.Handover is { } next && step >= StepOf(request, next) ? texts.Refiners[text] : texts.Own[text];
            },
            Evaluated: hooks?.Evaluated is not { } told ? null : move => told(move.Evaluation, loop.Read(move.Source), loop.Read(move.Clean)));
        loop.Play(steps, cancellation);

        float[] result = loop.Read(program.Result);
        int bad = result.AsSpan().IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        return bad < 0 ? result : throw NotNumbers($"The latents of picture {bad / (shape.Count / shape.Batch) + 1} are not numbers after the last step", request);
    }

    private EncodedTexts EncodeTexts(ResolvedRequest request, CancellationToken cancellation) => new(
        [.. request.Prompts.Texts.Select(text => model.Conditioner.Encode(text, cancellation))],
        request.Handover is { } next ? [.. next.Prompts.Texts.Select(text => model.Refiner!.Conditioner.Encode(text, cancellation))] : []);

    private NextRun? Next(ResolvedRequest request, Run before, EncodedTexts? texts, CancellationToken cancellation) => request.Handover is not { } next ? null : new(next.Evaluation, next.Plan, () =>
    {
        // The first network's weights may leave now.
        before.Dispose();
        return model.Refiner!.Denoiser.Begin(
            next.Key, request.Program, next.Plan, (texts ?? EncodeTexts(request, cancellation)).Refiners[next.Prompts.At(StepOf(request, next))], request.BranchScale, request.CfgScale, request.Request.CfgRescale, cancellation,
            evaluations: [.. request.Program.Evaluations.Skip(next.Evaluation)], inTurn: request.InTurn);
    });

    private static int StepOf(ResolvedRequest request, Handover next) => request.Program.Evaluations[next.Evaluation].Step - request.Program.FirstStep;

    private void Decode(ResolvedRequest group, float[] latents, StartPicture? start, List<GeneratedImage> images, Action<GeneratedImage> finished, CancellationToken cancellation)
    {
        int size = latents.Length / group.Key.Images;
        for (int i = 0; i < group.Key.Images; i++)
        {
            float[] pixels = model.Codec.Decode(latents.AsSpan(i * size, size), group.Decoding, cancellation);
            if (pixels.AsSpan().IndexOfAnyExceptInRange(0f, 1f) >= 0)
            {
                throw NotNumbers($"Picture {images.Count + 1} decodes to values that are not numbers", group);
            }

            ulong seed = group.Seed + (ulong)i;
            Image painted = Image.FromFloats(pixels, group.Width, group.Height);
            GeneratedImage image = new(start?.Painted is not null && group.Request.MaskBlur is { } blur ? MaskOverlay.Lay(painted, start, blur) : painted, seed, PictureDescription.Of(group, seed, model));
            images.Add(image);
            finished(image);
        }
    }

    private DiffusionException NotNumbers(string what, ResolvedRequest request) => _runner.Type == ElementType.F16
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
    private float[] MaskedInput(EncodedPicture picture, Shape shape)
    {
        float[] visible = picture.Visible!;
        float[] mask = picture.Picture.LatentMask(shape.Height, shape.Width, model.Parts.Vae.Config.Factor);
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
        float[] pixels = model.Codec.Decode(latents.AsSpan(0, size), request.PreviewDecoding, cancellation);
        report(new PreviewEvent(done, Image.FromFloats(pixels, request.Width, request.Height)));
    }
}

/// <summary>Pictures that are not decoded yet.</summary>
internal sealed record DenoisedGroup(ResolvedRequest Request, float[] Latents, GenerationTimes Times);
