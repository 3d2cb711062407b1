using System.Diagnostics;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Text;

namespace IlgpuDiffusion.Pipelines;

/// <summary>Carries out one resolved request on the lane's thread.</summary>
internal sealed class Generator(ModelParts parts, ComponentRunner runner, TextEncoder text, Denoiser denoiser, LatentCodec codec)
{
    /// <summary>Makes the pictures of a request, and reports what happens.</summary>
    public GenerationResult Generate(ResolvedRequest request, Action<GenerationEvent>? report, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        float[] context = text.Encode(request.Prompts, request.SkippedLayers, Emphasis.Original, cancellation);
        long encoded = Stopwatch.GetTimestamp();
        float[] latents = Denoise(request, context, report, cancellation);
        long denoised = Stopwatch.GetTimestamp();

        int size = latents.Length / request.Key.Images;
        List<GeneratedImage> images = [];
        for (int i = 0; i < request.Key.Images; i++)
        {
            float[] pixels = codec.Decode(latents.AsSpan(i * size, size), request.Key.Height, request.Key.Width, cancellation);
            long seed = unchecked((long)(request.Seed + (ulong)i));
            GeneratedImage image = new(Image.FromFloats(pixels, request.Width, request.Height), seed, Describe(request, seed));
            images.Add(image);
            report?.Invoke(new PictureEvent(i, image));
        }

        return new GenerationResult(images, new GenerationTimes(Stopwatch.GetElapsedTime(start, encoded), Stopwatch.GetElapsedTime(encoded, denoised), Stopwatch.GetElapsedTime(denoised)));
    }

    /// <summary>Text context to the last latents, [B, h, w, c].</summary>
    public float[] Denoise(ResolvedRequest request, float[] context, Action<GenerationEvent>? report, CancellationToken cancellation, Func<float[]>? draw = null)
    {
        Shape shape = request.Latents(parts.Vae.Config.LatentChannels);
        SamplingProgram program = request.Program;
        draw ??= new LatentNoise(request.Request.Rng, request.Seed, shape).Next;
        float[] noise = draw();
        float[]? known = request.Request.InitImage is { } picture ? codec.Encode(Fit(picture, request), cancellation) : null;

        using Run run = denoiser.Begin(request.Key, program, context, request.CfgScale, request.Request.CfgRescale, cancellation);
        using DenoisingLoop loop = new(runner.Device, program, run, shape);
        if (parts.InpaintingNetwork)
        {
            run.Set<float>(EvaluationGraph.Inpainting, MaskedInput(request, shape, cancellation));
        }

        loop.Start(StartLatents(request, noise, known));
        for (int i = 0; i < program.NoiseCount; i++)
        {
            loop.Noise(i, draw());
        }

        // A network made for inpainting keeps the known part itself; others are held to it after every step.
        using Inpaint? inpaint = request.Request.Mask is { } mask && !parts.InpaintingNetwork
            ? Inpaint.Begin(denoiser.InpaintExecutable(shape, program.StepCount), runner.Device, runner.Lane, program, LatentMask(mask, request), known!, noise)
            : null;

        int done = 0;
        long last = Stopwatch.GetTimestamp();
        loop.Play(
            (end, register) =>
            {
                inpaint?.EndStep(register, cancellation);
                done++;
                long now = Stopwatch.GetTimestamp();
                report?.Invoke(new StepEvent(new GenerationProgress(done, program.StepCount, Stopwatch.GetElapsedTime(last, now))));
                Preview(request, loop, end, done, report, cancellation);
                last = Stopwatch.GetTimestamp();
            },
            cancellation);

        float[] result = loop.Read(program.Result);
        int bad = result.AsSpan().IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        return bad < 0 ? result : throw new InvalidDataException($"The latents of picture {bad / (shape.Count / shape.Batch) + 1} are not numbers after the last step: the model's weights are damaged, or a setting (cfg scale {request.CfgScale}, sampler {request.Sampler.Label}) drives it out of range.");
    }

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

    private static Image Fit(Image image, ResolvedRequest request) =>
        image.Width == request.Width && image.Height == request.Height ? image : ImageResize.Resize(image, request.Width, request.Height);

    // Rounded at one half, and of each latent's pixels the first is taken, as diffusers does.
    private float[] LatentMask(Image mask, ResolvedRequest request)
    {
        Image fitted = Fit(mask, request);
        int factor = parts.Vae.Config.Factor;
        float[] latent = new float[request.Key.Height * request.Key.Width];
        for (int y = 0; y < request.Key.Height; y++)
        {
            for (int x = 0; x < request.Key.Width; x++)
            {
                latent[y * request.Key.Width + x] = IsPainted(fitted, x * factor, y * factor) ? 1 : 0;
            }
        }

        return latent;
    }

    private static bool IsPainted(Image mask, int x, int y)
    {
        ReadOnlySpan<byte> pixel = mask.Pixels.AsSpan((y * mask.Width + x) * 3, 3);
        return (299 * pixel[0]) + (587 * pixel[1]) + (114 * pixel[2]) >= 127500;
    }

    // [B, h, w, 1 + c]: the mask, then the latents of the picture with the painted part grey.
    private float[] MaskedInput(ResolvedRequest request, Shape shape, CancellationToken cancellation)
    {
        Image picture = Fit(request.Request.InitImage!, request);
        Image mask = Fit(request.Request.Mask!, request);
        float[] pixels = picture.ToFloats();
        for (int i = 0; i < pixels.Length; i += 3)
        {
            if (IsPainted(mask, i / 3 % mask.Width, i / 3 / mask.Width))
            {
                pixels.AsSpan(i, 3).Fill(0.5f);
            }
        }

        float[] visible = codec.Encode(pixels, request.Key.Height, request.Key.Width, cancellation);
        float[] latentMask = LatentMask(mask, request);
        int channels = shape.Channels + 1;
        float[] input = new float[shape.Batch * latentMask.Length * channels];
        for (int row = 0; row < input.Length / channels; row++)
        {
            int token = row % latentMask.Length;
            input[row * channels] = latentMask[token];
            visible.AsSpan(token * shape.Channels, shape.Channels).CopyTo(input.AsSpan(row * channels + 1));
        }

        return input;
    }

    private void Preview(ResolvedRequest request, DenoisingLoop loop, EndStepMove end, int done, Action<GenerationEvent>? report, CancellationToken cancellation)
    {
        int interval = request.Request.PreviewInterval;
        if (report is null || interval == 0 || done % interval != 0 || done == request.Program.StepCount)
        {
            return;
        }

        float[] latents = loop.Read(end.Register);
        int size = latents.Length / request.Key.Images;
        float[] pixels = codec.Decode(latents.AsSpan(0, size), request.Key.Height, request.Key.Width, cancellation);
        report(new PreviewEvent(done, Image.FromFloats(pixels, request.Width, request.Height)));
    }

    private GenerationMetadata Describe(ResolvedRequest request, long seed) => new()
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
        Rng = request.Request.Rng == NoiseKind.Cpu ? "CPU" : "NV",
        CfgRescale = request.Request.CfgRescale > 0 ? request.Request.CfgRescale : null,
        Eta = request.Request.Eta,
        Version = $"IlgpuDiffusion {typeof(Generator).Assembly.GetName().Version?.ToString(3)}",
    };
}
