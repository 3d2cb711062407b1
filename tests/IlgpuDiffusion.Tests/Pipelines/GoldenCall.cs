using System.Text.Json;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Models;
using IlgpuDiffusion.Text;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>One recorded pipeline call: its arguments as a request, its noise, its latents after every step.</summary>
internal sealed class GoldenCall(GoldenTensors golden, string name)
{
    private readonly JsonElement _call = JsonDocument.Parse(golden.Metadata["calls"]).RootElement.GetProperty(name);

    /// <summary>The bound of goldens/README.md for pipelines, on |a − b| / (1 + |b|).</summary>
    public const double Bound = 1e-3;

    public static IEnumerable<string> NamesIn(string file) => JsonDocument.Parse(GoldenTensors.Find(file).Metadata["calls"]).RootElement.EnumerateObject().Select(call => call.Name);

    /// <summary>Runs the call and compares every step in order, then the last latents, then the picture where one is recorded.</summary>
    public async Task Check(DiffusionPipeline pipeline)
    {
        long[] shape = golden.Shape($"{name}.noise");
        (List<float[]> steps, float[] latents, float[] pixels, bool begins) = await Play(pipeline);
        float[] recorded = GridLayout.ChannelsLast(golden.Floats($"{name}.steps"), [golden.Shape($"{name}.steps")[0] * shape[0], .. shape[1..]]);
        Assert.AreEqual(recorded.Length, steps.Sum(step => step.Length), "number of steps");
        int size = steps[0].Length;
        for (int i = 0; i < steps.Count; i++)
        {
            GoldenAssert.Close(recorded.AsSpan(i * size, size).ToArray(), steps[i], Bound, $"{name}.steps[{i}]");
        }

        GoldenAssert.Close(GridLayout.ChannelsLast(golden.Floats($"{name}.latent"), shape), latents, Bound, $"{name}.latent");
        if (golden.Has($"{name}.image") && !begins)
        {
            GoldenAssert.Close(GridLayout.ChannelsLast(golden.Floats($"{name}.image"), golden.Shape($"{name}.image")), pixels, Bound, $"{name}.image");
        }
    }

    /// <summary>The call's first picture in [0, 1], [H, W, 3].</summary>
    public async Task<float[]> Paint(DiffusionPipeline pipeline) => (await Play(pipeline)).Pixels;

    private async Task<(List<float[]> Steps, float[] Latents, float[] Pixels, bool Begins)> Play(DiffusionPipeline pipeline)
    {
        string[] prompts = Texts("prompt");
        string[] negatives = Texts("negative_prompt");
        long[] shape = golden.Shape($"{name}.noise");
        double strength = _call.TryGetProperty("strength", out JsonElement s) ? s.GetDouble() : 1;
        bool begins = golden.Has("image") && _call.GetProperty("pipeline").GetString()!.Contains("Img2Img", StringComparison.Ordinal) || name.StartsWith("inpaint", StringComparison.Ordinal);
        Image? blank = begins ? new Image((int)shape[3] * 8, (int)shape[2] * 8) : null;
        GenerationRequest request = new()
        {
            Prompt = prompts[0],
            NegativePrompt = negatives.FirstOrDefault() ?? "",
            Width = (int)shape[3] * 8,
            Height = (int)shape[2] * 8,
            Steps = _call.GetProperty("num_inference_steps").GetInt32(),
            CfgScale = _call.GetProperty("guidance_scale").GetDouble(),
            CfgRescale = _call.TryGetProperty("guidance_rescale", out JsonElement rescale) ? rescale.GetDouble() : 0,
            Sampler = _call.GetProperty("scheduler").GetString(),
            Scheduler = _call.GetProperty("scheduler").GetString() == "EulerDiscreteScheduler" ? "linspace" : null,
            BatchCount = (int)shape[0],
            Seed = 0,
            Strength = strength,
            InitImage = blank,
            Mask = begins && golden.Has("mask") && name.StartsWith("inpaint", StringComparison.Ordinal) ? blank : null,
        };
        ResolvedRequest resolved = pipeline.Resolve(request);
        CollectionAssert.AreEqual(golden.Floats($"{name}.timesteps"), Timesteps(resolved), "time steps");

        StartPicture? picture = begins ? Picture(golden, shape, request.Mask is not null) : null;
        float[] noise = GridLayout.ChannelsLast(golden.Floats($"{name}.noise"), shape);
        List<float[]> steps = [];
        DenoiseHooks hooks = new(() => noise, picture, read => steps.Add(read()));
        (float[] latents, float[] pixels) = await pipeline.OnLane(() =>
        {
            (ResolvedRequest ready, float[] context) = Condition(pipeline, resolved, prompts, negatives);
            float[] result = pipeline.Generator.Denoise(ready, context, null, CancellationToken.None, hooks);
            return (result, pipeline.Codec.Decode(result.AsSpan(0, result.Length / ready.Key.Images), ready.Key.Height, ready.Key.Width, CancellationToken.None));
        });
        return (steps, latents, pixels, begins);
    }

    // diffusers takes clip skip for the prompt alone, and a prompt for each picture: contexts are put together here.
    private (ResolvedRequest Request, float[] Context) Condition(DiffusionPipeline pipeline, ResolvedRequest resolved, string[] prompts, string[] negatives)
    {
        PromptChunker chunker = new(pipeline.Parts.Tokenizer, new PromptOptions { Syntax = PromptSyntax.Plain });
        int skip = _call.TryGetProperty("clip_skip", out JsonElement clip) && clip.ValueKind == JsonValueKind.Number ? clip.GetInt32() : 0;
        PromptTokens[] positive = [.. prompts.Select(chunker.Chunk)];
        float[] context = pipeline.Text.Encode(positive, skip, Emphasis.Original, CancellationToken.None);
        if (golden.Has($"{name}.embeds") && pipeline.Type == ElementType.F32)
        {
            GoldenAssert.Close(golden.Floats($"{name}.embeds"), context, 5e-5, $"{name}.embeds");
        }

        if (resolved.Key.Branches == 2)
        {
            PromptTokens[] negative = [.. Enumerable.Range(0, prompts.Length).Select(i => chunker.Chunk(i < negatives.Length ? negatives[i] : ""))];
            context = [.. pipeline.Text.Encode(negative, 0, Emphasis.Original, CancellationToken.None), .. context];
        }

        return (resolved with { Key = resolved.Key with { ContextRows = resolved.Key.Branches * prompts.Length } }, context);
    }

    private static float[] Timesteps(ResolvedRequest request) =>
        [.. request.Program.Schedule.Levels.SkipLast(1).Select(level => (float)level.Timestep)];

    private static StartPicture Picture(GoldenTensors golden, long[] noise, bool masked)
    {
        float[] pixels = GridLayout.ChannelsLast(golden.Floats("image"), golden.Shape("image"));
        bool[]? painted = masked ? [.. golden.Floats("mask").Select(m => m >= 0.5f)] : null;
        Assert.AreEqual(noise[2] * noise[3] * 64 * 3, pixels.Length);
        return new StartPicture(pixels, painted);
    }

    private string[] Texts(string field) => !_call.TryGetProperty(field, out JsonElement value) ? []
        : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(item => item.GetString()!)] : [value.GetString()!];
}
