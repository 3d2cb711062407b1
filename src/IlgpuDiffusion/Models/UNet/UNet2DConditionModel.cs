using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Models;

/// <summary>The denoiser of Stable Diffusion 1, 2 and XL: a UNet conditioned on time and text (Ronneberger et al. 2015; Rombach et al. 2022; Podell et al. 2023).</summary>
/// <param name="config">Its form.</param>
internal sealed class UNet2DConditionModel(UNetConfig config) : IDenoiserNetwork
{
    private const double GuidanceFactor = 1000;

    private readonly ResnetBlock _resnet = new(config.NormGroups, config.NormEpsilon, config.Activation) { TimeScales = config.TimeScales };

    /// <summary>Its form.</summary>
    public UNetConfig Config { get; } = config;

    /// <summary>Channels of the text.</summary>
    public int TextChannels => Config.DownBlocks.Concat(Config.UpBlocks).Select(b => b.Attention).Append(Config.MidBlock?.Attention).FirstOrDefault(a => a is not null)?.TextChannels ?? 1;

    /// <inheritdoc/>
    public int InChannels => Config.InChannels;

    /// <inheritdoc/>
    public int SampleSize => Config.SampleSize;

    /// <inheritdoc/>
    public IReadOnlyList<NetworkInput> Inputs =>
    [
        new(NetworkInputs.Context, TextChannels, HasTokens: true),
        .. Config.Addition is { } added ? [new(NetworkInputs.Pooled, added.PooledChannels), new(NetworkInputs.TimeIds, added.TimeIds)] : (NetworkInput[])[],
        .. Config.Time.GuidanceChannels is null ? (NetworkInput[])[] : [new(NetworkInputs.Guidance, 1, Stage.Schedule)],
    ];

    /// <summary>The model that a config.json describes.</summary>
    /// <exception cref="ModelFileException">A field asks for arithmetic that is not supported; the message names it.</exception>
    public static UNet2DConditionModel Read(ComponentConfig config) => new(UNetConfigReader.Read(config));

    /// <inheritdoc/>
    public void Check(WeightStore weights)
    {
        ModelBuilder m = new(new Graph(), weights);
        int size = 1 << Config.DownBlocks.Count;
        Value latents = m.Graph.Input("latents", new Shape(1, size, size, Config.InChannels), Stage.Evaluation);
        Value time = m.Graph.Input("time", Shape.Scalar, Stage.Schedule);
        Build(m, latents, time, Inputs.ToDictionary(input => input.Name, input => m.Graph.Input(input.Name, Shape.Vector(input.Channels), input.Stage)));
        m.RequireAllUsed();
    }

    /// <summary>Builds a network that takes no more than text.</summary>
    /// <param name="m">The root of the weights.</param>
    /// <param name="latents">[B, H, W, in], already scaled for the model.</param>
    /// <param name="time">The time step, [R, 1, 1, 1].</param>
    /// <param name="text">The text encoder's states, [R, 1, T, D].</param>
    public Value Build(ModelBuilder m, Value latents, Value time, Value text) => Build(m, latents, time, new Dictionary<string, Value> { [NetworkInputs.Context] = text });

    /// <inheritdoc/>
    public Value Build(ModelBuilder m, Value latents, Value time, IReadOnlyDictionary<string, Value> inputs)
    {
        Value text = inputs.Required(NetworkInputs.Context);
        if (latents.Channels != Config.InChannels || text.Channels != TextChannels)
        {
            throw new ShapeException($"The UNet takes {Config.InChannels} channels of latents and {TextChannels} of text, not {latents.Shape} and {text.Shape}.");
        }

        Value t = Time(m, time, inputs).Activate(Config.Activation);
        Value h = latents.Affine(Config.CenterInput ? 2 : 1, Config.CenterInput ? -1 : 0);
        h = m["conv_in"].Mark(m["conv_in"].Conv(h, Config.DownBlocks[0].Channels, Config.InKernel));

        Stack<Value> skips = new([h]);
        h = Level(m["conv_in"], h);
        for (int i = 0; i < Config.DownBlocks.Count; i++)
        {
            h = Down(m["down_blocks"][i], h, t, text, Config.DownBlocks[i], i + 1 == Config.DownBlocks.Count, skips);
        }

        h = Middle(m["mid_block"], h, t, text);
        for (int i = 0; i < Config.UpBlocks.Count; i++)
        {
            h = Up(m["up_blocks"][i], h, t, text, Config.UpBlocks[i], skips);
        }

        h = m["conv_norm_out"].GroupNorm(h, Config.NormGroups, Config.NormEpsilon).Activate(Config.Activation);
        return m["conv_out"].Mark(m["conv_out"].Conv(h, Config.OutChannels, Config.OutKernel));
    }

    private Value Time(ModelBuilder root, Value time, IReadOnlyDictionary<string, Value> inputs)
    {
        UNetTime form = Config.Time;
        ModelBuilder m = root["time_embedding"];
        Value h = time.TimestepEmbedding(form.FrequencyChannels, form.CosineFirst, form.Shift, path: "time_proj");
        if (form.GuidanceChannels is { } channels)
        {
            // Meng et al. 2023, as latent consistency models embed w = guidance − 1.
            Value scale = inputs.Required(NetworkInputs.Guidance);
            Value embedded = scale.Affine(GuidanceFactor, -GuidanceFactor).TimestepEmbedding(channels, cosineFirst: false, shift: 1, path: m.Path);
            h += m["cond_proj"].Linear(embedded, h.Channels, bias: false);
        }

        h = m["linear_2"].Linear(m["linear_1"].Linear(h, form.Channels).Activate(form.InnerActivation), form.Channels);
        h = m.Mark(form.LastActivation is { } last ? h.Activate(last) : h);
        if (Config.Addition is { } added)
        {
            h += Addition(root["add_embedding"], added, inputs.Required(NetworkInputs.Pooled), inputs.Required(NetworkInputs.TimeIds));
        }

        return form.OuterActivation is { } outer ? h.Activate(outer) : h;
    }

    // Podell et al. 2023 (arXiv:2307.01952), section 2.2: sinusoids of each size behind the pooled text.
    private Value Addition(ModelBuilder m, UNetAddition form, Value pooled, Value timeIds)
    {
        if (pooled.Channels != form.PooledChannels || timeIds.Channels != form.TimeIds)
        {
            throw new ShapeException($"The UNet takes pooled text of {form.PooledChannels} channels and {form.TimeIds} sizes, not {pooled.Shape} and {timeIds.Shape}.");
        }

        UNetTime time = Config.Time;
        Value[] sizes = [.. Enumerable.Range(0, form.TimeIds).Select(i => timeIds.Slice(Axis.Channels, i, 1).TimestepEmbedding(form.TimeChannels, time.CosineFirst, time.Shift, path: "add_time_proj"))];
        return m["linear_2"].Linear(m["linear_1"].Linear(pooled.Concat(Axis.Channels, sizes), time.Channels).Activate(Activation.Silu), time.Channels);
    }

    private Value Down(ModelBuilder m, Value h, Value time, Value text, UNetBlock block, bool last, Stack<Value> skips)
    {
        for (int i = 0; i < block.Layers; i++)
        {
            h = Layer(m, i, h, time, text, block);
            skips.Push(h);
        }

        if (!last)
        {
            h = Resampling.Down(m["downsamplers"][0], h, Config.DownsamplePadding);
            skips.Push(h);
        }

        h = Through(m, SiteKind.Block, h);
        return last ? h : Level(m["downsamplers"][0], h);
    }

    private Value Middle(ModelBuilder m, Value h, Value time, Value text)
    {
        if (Config.MidBlock is not { } block)
        {
            return h;
        }

        ResnetBlock resnet = _resnet with { OutputScale = block.OutputScale };
        h = resnet.Build(m["resnets"][0], h, time, h.Channels);
        if (block.Attention is { } attention)
        {
            h = Attend(m["attentions"][0], h, text, attention);
            h = resnet.Build(m["resnets"][1], h, time, h.Channels);
        }

        return Through(m, SiteKind.Block, h);
    }

    private Value Up(ModelBuilder m, Value h, Value time, Value text, UNetBlock block, Stack<Value> skips)
    {
        for (int i = 0; i < block.Layers; i++)
        {
            h = m.Plan.Through(m["resnets"][i].Site(SiteKind.UpLayer, h), h);
            Value skip = skips.Pop();
            h = m.Plan.Back(h, new Grid(skip.Shape.Height, skip.Shape.Width));
            h = Layer(m, i, h.Concat(Axis.Channels, skip), time, text, block);
        }

        if (skips.TryPeek(out Value next))
        {
            // Not simply twice the size: an odd grid was rounded up on the way down.
            h = Resampling.Up(m["upsamplers"][0], h, new Grid(next.Shape.Height, next.Shape.Width));
        }

        return Through(m, SiteKind.Block, h);
    }

    private Value Layer(ModelBuilder m, int index, Value h, Value time, Value text, UNetBlock block)
    {
        h = _resnet.Build(m["resnets"][index], h, time, block.Channels);
        return block.Attention is { } attention ? Attend(m["attentions"][index], h, text, attention) : h;
    }

    private Value Attend(ModelBuilder m, Value h, Value text, UNetAttention attention) =>
        new Transformer(Config.NormGroups, attention.Heads, attention.Layers, attention.OnlyCross).Build(m, h, text);

    private static Value Level(ModelBuilder m, Value h) => m.Plan.Level(m.Site(SiteKind.Level, h), h);

    private static Value Through(ModelBuilder m, SiteKind kind, Value h) => m.Mark(m.Plan.Through(m.Site(kind, h), h));
}
