using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Models;

/// <summary>What UNets and the ControlNets that were made from them have in common: the time, the way down, the middle.</summary>
/// <param name="config">The form.</param>
internal sealed class UNetEncoder(UNetConfig config)
{
    private const double GuidanceFactor = 1000;

    private readonly ResnetBlock _resnet = new(config.NormGroups, config.NormEpsilon, config.Activation) { TimeScales = config.TimeScales };

    /// <summary>Channels of the text.</summary>
    public int TextChannels => config.DownBlocks.Concat(config.UpBlocks).Select(b => b.Attention).Append(config.MidBlock?.Attention).FirstOrDefault(a => a is not null)?.TextChannels ?? 1;

    /// <summary>What it takes beside latents and time.</summary>
    public IReadOnlyList<NetworkInput> Inputs =>
    [
        new(NetworkInputs.Context, TextChannels, HasTokens: true),
        .. config.Addition is { } added ? [new(NetworkInputs.Pooled, added.PooledChannels), new(NetworkInputs.TimeIds, added.TimeIds)] : (NetworkInput[])[],
        .. config.Time.GuidanceChannels is null ? (NetworkInput[])[] : [new(NetworkInputs.Guidance, 1, Stage.Schedule)],
    ];

    /// <summary>The activated embedding of the time and of what is added to it, [R, 1, 1, C].</summary>
    public Value Time(ModelBuilder root, Value time, IReadOnlyDictionary<string, Value> inputs)
    {
        UNetTime form = config.Time;
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
        if (config.Addition is { } added)
        {
            h += Addition(root["add_embedding"], added, inputs.Required(NetworkInputs.Pooled), inputs.Required(NetworkInputs.TimeIds));
        }

        return (form.OuterActivation is { } outer ? h.Activate(outer) : h).Activate(config.Activation);
    }

    /// <summary>The first convolution: [B, H, W, in] → [B, H, W, C].</summary>
    public Value Enter(ModelBuilder root, Value latents)
    {
        ModelBuilder m = root["conv_in"];
        Value h = latents.Affine(config.CenterInput ? 2 : 1, config.CenterInput ? -1 : 0);
        return m.Mark(m.Conv(h, config.DownBlocks[0].Channels, config.InKernel));
    }

    /// <summary>The way down.</summary>
    /// <param name="root">The root of the weights.</param>
    /// <param name="h">What <see cref="Enter"/> gives.</param>
    /// <param name="time">What <see cref="Time"/> gives.</param>
    /// <param name="text">[R, 1, T, D].</param>
    /// <returns>What leaves it, and the skip connections, the finest first.</returns>
    public (Value Last, List<Value> Skips) Down(ModelBuilder root, Value h, Value time, Value text)
    {
        List<Value> skips = [h];
        h = Level(root["conv_in"], h);
        for (int i = 0; i < config.DownBlocks.Count; i++)
        {
            h = Down(root["down_blocks"][i], h, time, text, config.DownBlocks[i], i + 1 == config.DownBlocks.Count, skips);
        }

        return (h, skips);
    }

    /// <summary>The middle: [B, h, w, C] → [B, h, w, C].</summary>
    public Value Middle(ModelBuilder root, Value h, Value time, Value text)
    {
        if (config.MidBlock is not { } block)
        {
            return h;
        }

        ModelBuilder m = root["mid_block"];
        ResnetBlock resnet = _resnet with { OutputScale = block.OutputScale };
        h = resnet.Build(m["resnets"][0], h, time, h.Channels);
        if (block.Attention is { } attention)
        {
            h = Attend(m["attentions"][0], h, text, attention);
            h = resnet.Build(m["resnets"][1], h, time, h.Channels);
        }

        return h;
    }

    /// <summary>A layer: a residual block and, perhaps, a transformer.</summary>
    public Value Layer(ModelBuilder m, int index, Value h, Value time, Value text, UNetBlock block)
    {
        h = _resnet.Build(m["resnets"][index], h, time, block.Channels);
        return block.Attention is { } attention ? Attend(m["attentions"][index], h, text, attention) : h;
    }

    /// <summary>What passes a site of a module.</summary>
    public static Value Through(ModelBuilder m, SiteKind kind, Value h) => m.Mark(m.Plan.Through(m.Site(kind, h), h));

    // Podell et al. 2023 (arXiv:2307.01952), section 2.2: sinusoids of each size behind the pooled text.
    private Value Addition(ModelBuilder m, UNetAddition form, Value pooled, Value timeIds)
    {
        if (pooled.Channels != form.PooledChannels || timeIds.Channels != form.TimeIds)
        {
            throw new ShapeException($"The UNet takes pooled text of {form.PooledChannels} channels and {form.TimeIds} sizes, not {pooled.Shape} and {timeIds.Shape}.");
        }

        UNetTime time = config.Time;
        Value[] sizes = [.. Enumerable.Range(0, form.TimeIds).Select(i => timeIds.Slice(Axis.Channels, i, 1).TimestepEmbedding(form.TimeChannels, time.CosineFirst, time.Shift, path: "add_time_proj"))];
        return m["linear_2"].Linear(m["linear_1"].Linear(pooled.Concat(Axis.Channels, sizes), time.Channels).Activate(Activation.Silu), time.Channels);
    }

    private Value Down(ModelBuilder m, Value h, Value time, Value text, UNetBlock block, bool last, List<Value> skips)
    {
        for (int i = 0; i < block.Layers; i++)
        {
            h = Layer(m, i, h, time, text, block);
            skips.Add(h);
        }

        if (!last)
        {
            h = Resampling.Down(m["downsamplers"][0], h, config.DownsamplePadding);
            skips.Add(h);
        }

        h = Through(m, SiteKind.Block, h);
        return last ? h : Level(m["downsamplers"][0], h);
    }

    private Value Attend(ModelBuilder m, Value h, Value text, UNetAttention attention) =>
        new Transformer(config.NormGroups, attention.Heads, attention.Layers, attention.OnlyCross).Build(m, h, text);

    private static Value Level(ModelBuilder m, Value h) => m.Plan.Level(m.Site(SiteKind.Level, h), h);
}
