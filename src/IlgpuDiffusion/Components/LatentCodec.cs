using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Components;

/// <summary>A form of the autoencoder: decoder or encoder for latents of a height and width, at once.</summary>
internal sealed record CodecKey(int Height, int Width, bool Encode = false, DecoderTiling Tiling = default);

/// <summary>Pictures to the denoiser's latents and back, one picture at a time, on the lane's thread.</summary>
internal sealed class LatentCodec : Component<CodecKey>
{
    // As small as the decoder can be compiled for; its weights are those of any size.
    private static readonly CodecKey Smallest = new(4, 4);

    private readonly AutoencoderKl _model;
    private readonly IReadOnlyList<ElementType> _types;
    private readonly RecentCache<DecodeForm, DecodePlan> _plans;
    private readonly Lazy<DecoderSurvey> _survey;

    /// <param name="model">The autoencoder.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="types">The types that its activations fit in; asked for another, it takes F32.</param>
    /// <param name="runner">Device and lane.</param>
    /// <param name="tiny">A tiny decoder for forms that ask for it, or null.</param>
    public LatentCodec(AutoencoderKl model, WeightStore weights, IReadOnlyList<ElementType> types, ComponentRunner runner, TinyDecoder? tiny = null)
        : base(weights, types.Contains(runner.Type) ? runner : runner with { Type = ElementType.F32 }, kept: 6)
    {
        (_model, _types, Tiny) = (model, types, tiny);
        _survey = new Lazy<DecoderSurvey>(() => new DecoderSurvey(model, weights));
        _plans = new RecentCache<DecodeForm, DecodePlan>(2, form => Plan(form, Runner));
    }

    /// <summary>The tiny decoder, or null.</summary>
    public TinyDecoder? Tiny { get; }

    /// <summary>Whether latents of a size can be decoded at once, if there is the memory.</summary>
    public bool FitsAtOnce(int height, int width) => DecodePlan.FitsAtOnce(_survey.Value, new Grid(height, width));

    /// <summary>The decoder at the least size: its weights are those of every size.</summary>
    public ComponentUse UseSmallest(ElementType? measured) => Use(Smallest, measured);

    /// <summary>How pictures are decoded in parts.</summary>
    /// <param name="form">The form, with its memory.</param>
    public DecodePlan Plan(DecodeForm form) => _plans.Get(form);

    /// <summary>What a request runs of the decoder.</summary>
    /// <param name="form">The form.</param>
    /// <param name="measured">As <see cref="Component{TKey}.Use"/> says.</param>
    public ComponentUse Use(DecodeForm form, ElementType? measured = null)
    {
        if (form.Tiny)
        {
            return Tiny!.Use(new Grid(form.Height, form.Width), measured);
        }

        CodecKey key = KeyOf(form);
        if (form.Memory is null)
        {
            return Use(key, measured);
        }

        DecodePlan plan = measured is { } type ? Plan(form, Runner with { Type = Stored(type) }) : Plan(form);
        return new ComponentUse(Name(key), plan.Programs, plan.Memory, cancellation =>
        {
            foreach (Executable executable in plan.Parts.Select(part => part.End).Prepend(plan.Head))
            {
                Runner.Load(Name(key), executable, Source, cancellation);
            }
        });
    }

    /// <summary>Latents [h, w, c] to a picture in [0, 1], [H, W, 3], clamped.</summary>
    public float[] Decode(ReadOnlySpan<float> latents, DecodeForm form, CancellationToken cancellation)
    {
        if (form.Tiny)
        {
            float[] tiny = Tiny!.Decode(latents, new Grid(form.Height, form.Width), cancellation);
            for (int i = 0; i < tiny.Length; i++)
            {
                tiny[i] = Math.Clamp(tiny[i], 0, 1);
            }

            return tiny;
        }

        float[] pixels = form.Memory is null ? Once(KeyOf(form), latents, cancellation) : new TiledDecoder(Runner, Source).Decode(Plan(form), latents, cancellation);
        for (int i = 0; i < pixels.Length; i++)
        {
            // NaN stays NaN, so that it is found rather than painted.
            pixels[i] = Math.Clamp(pixels[i] / 2 + 0.5f, 0, 1);
        }

        return pixels;
    }

    /// <summary>A picture to latents [h, w, c]: the mean of the encoder's distribution.</summary>
    /// <param name="pixels">[H, W, 3] in [0, 1].</param>
    /// <param name="height">Rows of latents.</param>
    /// <param name="width">Columns of latents.</param>
    /// <param name="cancellation">Observed between work items.</param>
    public float[] Encode(ReadOnlySpan<float> pixels, int height, int width, CancellationToken cancellation)
    {
        float[] signed = new float[pixels.Length];
        for (int i = 0; i < signed.Length; i++)
        {
            signed[i] = pixels[i] * 2 - 1;
        }

        return Once(new CodecKey(height, width, Encode: true), signed, cancellation);
    }

    /// <inheritdoc/>
    protected override string Name(CodecKey key) => key.Encode ? "encoder" : "decoder";

    /// <inheritdoc/>
    protected override ElementType Stored(ElementType asked) => _types.Contains(asked) ? asked : ElementType.F32;

    /// <inheritdoc/>
    protected override Executable Compile(CodecKey key, ComponentRunner runner)
    {
        VaeConfig config = _model.Config;
        Graph graph = new();
        ModelBuilder m = new(graph, Weights, Tiles(key).Plan());
        Shape shape = key.Encode ? new Shape(1, key.Height * config.Factor, key.Width * config.Factor, config.InChannels) : new Shape(1, key.Height, key.Width, config.LatentChannels);
        Value x = graph.Input("x", shape, Stage.Request);
        Value result = key.Encode
            ? _model.Encode(m, x).Mean.Precise().Affine(config.Scale, -config.Shift * config.Scale)
            : _model.Decode(m, x.Affine(1 / config.Scale, config.Shift));
        return runner.Compile([new Variant(result)]);
    }

    private static CodecKey KeyOf(DecodeForm form) => new(form.Height, form.Width, Tiling: form.Tiling);

    private static DecoderTiles Tiles(CodecKey key) => new(new Grid(key.Height, key.Width), key.Tiling);

    private DecodePlan Plan(DecodeForm form, ComponentRunner runner)
    {
        Grid latents = new(form.Height, form.Width);
        return DecodePlan.Make(_survey.Value, _model, Weights, runner, latents, form.Memory!.Value, new DecoderTiles(latents, form.Tiling));
    }

    private float[] Once(CodecKey key, ReadOnlySpan<float> input, CancellationToken cancellation)
    {
        using Run run = Begin(key, cancellation);
        run.Set("x", input);
        Tiles(key).Set(run);
        run.Prepare(cancellation);
        return run.Read();
    }
}
