using System.Text.Json;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Models;
using IlgpuDiffusion.Text;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>One recorded pipeline call: its arguments as a request, its noise, its latents after every step.</summary>
/// <param name="golden">The recording.</param>
/// <param name="name">The call.</param>
/// <param name="controlNet">The folder of the call's ControlNet, or null.</param>
internal sealed class GoldenCall(GoldenTensors golden, string name, string? controlNet = null)
{
    private readonly JsonElement _call = JsonDocument.Parse(golden.Metadata["calls"]).RootElement.GetProperty(name);

    /// <summary>The bound of goldens/README.md for pipelines, on |a − b| / (1 + |b|).</summary>
    public const double Bound = 1e-3;

    public static IEnumerable<string> NamesIn(string file) => JsonDocument.Parse(GoldenTensors.Find(file).Metadata["calls"]).RootElement.EnumerateObject().Select(call => call.Name);

    /// <summary>Runs the call and compares every step in order, then the last latents, then the picture where one is recorded.</summary>
    public async Task Check(DiffusionPipeline pipeline)
    {
        long[] shape = NoiseShape();
        (List<float[]> steps, float[] latents, float[] pixels, bool begins) = await Play(pipeline);
        float[] recorded = Latents("steps", shape);
        Assert.AreEqual(recorded.Length, steps.Sum(step => step.Length), "number of steps");
        int size = steps[0].Length;
        for (int i = 0; i < steps.Count; i++)
        {
            GoldenAssert.Close(recorded.AsSpan(i * size, size).ToArray(), steps[i], Bound, $"{name}.steps[{i}]");
        }

        GoldenAssert.Close(Latents("latent", shape), latents, Bound, $"{name}.latent");
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
        long[] shape = NoiseShape();
        double strength = _call.TryGetProperty("strength", out JsonElement s) ? s.GetDouble() : 1;
        bool begins = golden.Has(PictureName) && _call.GetProperty("pipeline").GetString()!.Contains("Img2Img", StringComparison.Ordinal) || name.StartsWith("inpaint", StringComparison.Ordinal);
        Image? blank = begins ? new Image((int)shape[3] * 8, (int)shape[2] * 8) : null;
        GenerationRequest request = new()
        {
            Prompt = prompts[0],
            NegativePrompt = negatives.FirstOrDefault() ?? "",
            Width = (int)shape[3] * 8,
            Height = (int)shape[2] * 8,
            Steps = _call.GetProperty("num_inference_steps").GetInt32(),
            CfgScale = pipeline.Model.Parts.Family == FluxSchnell.Facts ? 1 : _call.GetProperty("guidance_scale").GetDouble(),
            TrueCfgScale = _call.TryGetProperty("true_cfg_scale", out JsonElement both) ? both.GetDouble() : 1,
            AestheticScore = _call.TryGetProperty("aesthetic_score", out JsonElement score) ? score.GetDouble() : new GenerationRequest().AestheticScore,
            NegativeAestheticScore = _call.TryGetProperty("negative_aesthetic_score", out JsonElement low) ? low.GetDouble() : new GenerationRequest().NegativeAestheticScore,
            RefinerStart = _call.TryGetProperty("denoising_end", out JsonElement end) ? end.GetDouble() : 1,
            OriginalSize = Size("original_size"),
            CropsCoordsTopLeft = Pair("crops_coords_top_left") is (int top, int left) ? new(top, left) : null,
            TargetSize = Size("target_size"),
            NegativeOriginalSize = Size("negative_original_size"),
            NegativeCropsCoordsTopLeft = Pair("negative_crops_coords_top_left") is (int above, int before) ? new(above, before) : null,
            NegativeTargetSize = Size("negative_target_size"),
            CfgRescale = _call.TryGetProperty("guidance_rescale", out JsonElement rescale) ? rescale.GetDouble() : 0,
            Sampler = _call.GetProperty("scheduler").GetString(),
            Scheduler = _call.GetProperty("scheduler").GetString() == "EulerDiscreteScheduler" && !IsXl ? "linspace" : null,
            BatchCount = (int)shape[0],
            Seed = 0,
            Strength = strength,
            InitImage = blank,
            ControlNets = controlNet is null ? [] : [new ControlNet(controlNet, new Image(1, 1)) { Strength = Number("controlnet_conditioning_scale"), Start = Number("control_guidance_start"), End = Number("control_guidance_end") }],
            Mask = begins && golden.Has("mask") && name.StartsWith("inpaint", StringComparison.Ordinal) ? blank : null,
        };
        ResolvedRequest resolved = pipeline.Resolve(request);
        if (controlNet is not null)
        {
            // The recorded picture is not rounded to bytes.
            Lazy<float[]> hint = new(() => GridLayout.ChannelsLast(golden.Floats("image"), golden.Shape("image")));
            resolved = resolved with { Controls = resolved.Controls with { Inputs = [.. resolved.Controls.Inputs.Select(control => control with { Hint = hint })] } };
        }

        CheckTimesteps(golden.Floats($"{name}.timesteps"), Timesteps(resolved));

        StartPicture? picture = begins ? Picture(shape, request.Mask is not null) : null;
        float[] noise = Latents("noise", shape);
        List<float[]> steps = [];
        DenoiseHooks hooks = new(() => noise, read => steps.Add(read()));
        (float[] latents, float[] pixels) = await pipeline.OnLane(() =>
        {
            (ResolvedRequest ready, IReadOnlyDictionary<string, HostTensor> conditioning) = Condition(pipeline, resolved, prompts, negatives);
            EncodedPicture? encoded = picture is null ? null : pipeline.Generator.Encode(picture, ready, CancellationToken.None);
            float[] result = pipeline.Generator.Denoise(ready, conditioning, encoded, null, CancellationToken.None, hooks);
            return (result, pipeline.Model.Codec.Decode(result.AsSpan(0, result.Length / ready.Key.Images), ready.Decoding, CancellationToken.None));
        });
        return (steps, latents, pixels, begins);
    }

    private double Number(string field) => _call.GetProperty(field).GetDouble();

    // FLUX's latents are recorded in patches, but for the noise of a picture to start from.
    private long[] NoiseShape()
    {
        long[] shape = golden.Shape($"{name}.noise");
        if (shape.Length == 4)
        {
            return shape;
        }

        long height = _call.GetProperty("height").GetInt64() / 8, width = _call.GetProperty("width").GetInt64() / 8;
        return [shape[0], shape[1] * shape[2] / (height * width), height, width];
    }

    // [n, h, w, c].
    private float[] Latents(string what, long[] shape)
    {
        long[] own = golden.Shape($"{name}.{what}");
        long count = own.Aggregate(1L, (a, b) => a * b) / (shape[1] * shape[2] * shape[3]);
        return own.AsSpan()[^2..].SequenceEqual(shape.AsSpan()[^2..])
            ? GridLayout.ChannelsLast(golden.Floats($"{name}.{what}"), [count, .. shape[1..]])
            : PackedLatents.Unpack(golden.Floats($"{name}.{what}"), (int)count, (int)shape[2], (int)shape[3]);
    }

    private bool IsXl => _call.GetProperty("pipeline").GetString()!.Contains("XL", StringComparison.Ordinal);

    private string PictureName => golden.Has($"{name}.input") ? $"{name}.input" : "image";

    // diffusers takes clip skip for the prompt alone, and a prompt for each picture: conditioning is put together here.
    private (ResolvedRequest Request, IReadOnlyDictionary<string, HostTensor> Conditioning) Condition(DiffusionPipeline pipeline, ResolvedRequest resolved, string[] prompts, string[] negatives)
    {
        int own = pipeline.Model.Parts.Family.ClipSkip - 1;
        int skip = own + (_call.TryGetProperty("clip_skip", out JsonElement clip) && clip.ValueKind == JsonValueKind.Number ? clip.GetInt32() : 0);
        Dictionary<string, HostTensor> conditioning = Encode(pipeline, resolved, skip, [.. prompts.Select(text => new ConditioningText("prompt", text) { Second = Texts("prompt_2").FirstOrDefault(), Sizes = resolved.Conditioning.Request.Texts[^1].Sizes })]);
        CheckEmbeds(pipeline, conditioning, $"{name}.embeds", "embeds.prompt", "embeds.pooled");
        if (resolved.Key.Branches == 2)
        {
            ConditioningText[] texts = [.. Enumerable.Range(0, prompts.Length).Select(i => new ConditioningText("negative prompt", i < negatives.Length ? negatives[i] : "") { IsNegative = true, Sizes = resolved.Conditioning.Request.Texts[0].Sizes })];
            Dictionary<string, HostTensor> negative = Encode(pipeline, resolved, own, texts);
            CheckEmbeds(pipeline, negative, "", "embeds.negative", "embeds.negative_pooled");
            conditioning = conditioning.ToDictionary(input => input.Key, input => Stack(negative[input.Key], input.Value));
        }

        EquatableArray<InputShape> inputs = new([.. resolved.Key.Conditioning.Select(input => input with { Shape = conditioning[input.Name].Shape })]);
        return (resolved with { Key = resolved.Key with { Conditioning = inputs } }, conditioning);
    }

    private Dictionary<string, HostTensor> Encode(DiffusionPipeline pipeline, ResolvedRequest resolved, int skip, ConditioningText[] texts)
    {
        IConditioner conditioner = pipeline.Model.Conditioner;
        PromptOptions options = new() { Syntax = PromptSyntax.Plain, T5Tokens = _call.TryGetProperty("max_sequence_length", out JsonElement length) ? length.GetInt32() : null };
        ConditioningPlan plan = conditioner.Plan(new ConditioningRequest(texts, skip, resolved.Width, resolved.Height) { Prompts = options, Scores = resolved.Conditioning.Request.Scores });
        Dictionary<string, HostTensor> inputs = new(conditioner.Encode(plan, CancellationToken.None));
        CollectionAssert.AreEqual(plan.Inputs.ToArray(), inputs.Select(input => new InputShape(input.Key, input.Value.Shape)).ToArray(), "shapes as planned");
        return inputs;
    }

    private void CheckEmbeds(DiffusionPipeline pipeline, Dictionary<string, HostTensor> conditioning, string own, string shared, string pooled)
    {
        // One recording for all calls holds for the first of them.
        string recorded = golden.Has(own) ? own : name == "txt2img" && golden.Has(shared) ? shared : "";
        if (pipeline.Type == ElementType.F32 && recorded.Length > 0)
        {
            GoldenAssert.Close(golden.Floats(recorded), conditioning[NetworkInputs.Context].Values, 5e-5, recorded);
            if (recorded == shared)
            {
                GoldenAssert.Close(golden.Floats(pooled), conditioning[NetworkInputs.Pooled].Values, 5e-5, pooled);
            }
        }
    }

    // diffusers has heights first.
    private PixelSize? Size(string field) => Pair(field) is var (height, width) ? new(width, height) : null;

    private (int, int)? Pair(string field) => _call.TryGetProperty(field, out JsonElement pair) ? (pair[0].GetInt32(), pair[1].GetInt32()) : null;

    private static HostTensor Stack(HostTensor first, HostTensor second) => new(first.Shape with { Batch = first.Shape.Batch + second.Shape.Batch }, [.. first.Values, .. second.Values]);

    private static float[] Timesteps(ResolvedRequest request) =>
        [.. request.Program.Schedule.Levels.SkipLast(1).Select(level => (float)level.Timestep)];

    // Exact where they are training steps; those of flow matching fall between them.
    private static void CheckTimesteps(float[] expected, float[] actual)
    {
        Assert.HasCount(expected.Length, actual);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], actual[i], expected[i] == MathF.Round(expected[i]) ? 0 : 1e-3f, $"time step {i}");
        }
    }

    private StartPicture Picture(long[] noise, bool masked)
    {
        float[] pixels = GridLayout.ChannelsLast(golden.Floats(PictureName), golden.Shape(PictureName));
        bool[]? painted = masked ? [.. golden.Floats("mask").Select(m => m >= 0.5f)] : null;
        Assert.AreEqual(noise[2] * noise[3] * 64 * 3, pixels.Length);
        return new StartPicture(pixels, painted);
    }

    private string[] Texts(string field) => !_call.TryGetProperty(field, out JsonElement value) ? []
        : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(item => item.GetString()!)] : [value.GetString()!];
}
