using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Models;

/// <summary>The autoencoder between pictures and latents (Kingma and Welling 2014; Rombach et al. 2022). Pictures are in [−1, 1].</summary>
/// <param name="config">Its form.</param>
internal sealed class AutoencoderKl(VaeConfig config)
{
    private const double NormEpsilon = 1e-6;

    private static readonly (string Old, string New)[] OldAttentionNames =
    [
        (".query.", ".to_q."), (".key.", ".to_k."), (".value.", ".to_v."), (".proj_attn.", ".to_out.0."),
    ];

    private readonly ResnetBlock _resnet = new(config.NormGroups, NormEpsilon, config.Activation);

    /// <summary>Its form.</summary>
    public VaeConfig Config { get; } = config;

    /// <summary>The model that a config.json describes.</summary>
    /// <exception cref="ModelFileException">A field asks for arithmetic that is not supported; the message names it.</exception>
    public static AutoencoderKl Read(ComponentConfig config) => config.OptionalText("_class_name") == "AutoencoderTiny"
        ? throw new ModelFileException(config.File, $"'{config.File}' is a tiny autoencoder (AutoencoderTiny), which only decodes here. Give it beside the model's own autoencoder, with --taesd (PipelineOptions.Files, 'taesd').")
        : new(VaeConfig.Read(config));

    /// <summary>The canonical name of a tensor: files of before 2023 name the attention's matrices otherwise. For <see cref="WeightOptions.Rename"/>.</summary>
    public static string CanonicalName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Contains(".mid_block.attentions.", StringComparison.Ordinal))
        {
            foreach ((string old, string current) in OldAttentionNames)
            {
                name = name.Replace(old, current, StringComparison.Ordinal);
            }
        }

        return name;
    }

    /// <summary>Throws if the weights lack a tensor of encoder or decoder, hold one of another shape, or hold one that neither uses.</summary>
    public void Check(WeightStore weights)
    {
        ModelBuilder m = new(new Graph(), weights);
        Encode(m, m.Graph.Input("picture", new Shape(1, Config.Factor, Config.Factor, Config.InChannels), Stage.Request));
        Decode(m, m.Graph.Input("latents", new Shape(1, 1, 1, Config.LatentChannels), Stage.Request));
        m.RequireAllUsed();
    }

    /// <summary>Builds the encoder: a picture [B, H, W, 3] → mean and logarithm of the variance of its latents, each [B, h, w, C], not scaled for a denoiser.</summary>
    public (Value Mean, Value LogVariance) Encode(ModelBuilder m, Value picture)
    {
        Value h = m["encoder"].Mark(Encoder(m["encoder"], picture));
        if (Config.QuantConv)
        {
            h = m["quant_conv"].Conv(h, h.Channels, kernel: 1);
        }

        return (h.Slice(Axis.Channels, 0, Config.LatentChannels), h.Slice(Axis.Channels, Config.LatentChannels, Config.LatentChannels));
    }

    /// <summary>Builds the decoder: latents [B, h, w, C] as the encoder gives them → a picture [B, H, W, 3], not clamped.</summary>
    public Value Decode(ModelBuilder m, Value latents) => m["decoder"].Mark(DecoderStages.Aggregate(latents, (h, stage) => stage.Build(m, h)));

    /// <summary>The decoder's steps in their order.</summary>
    internal IReadOnlyList<DecoderStage> DecoderStages
    {
        get
        {
            int count = Config.BlockChannels.Count;
            List<DecoderStage> stages = [new(1, 1, NeedsWhole: true, DecoderInput), new(1, 0, NeedsWhole: true, (m, h) => Middle(m["decoder"]["mid_block"], h))];
            for (int i = 0; i < count; i++)
            {
                int block = i, channels = Config.BlockChannels[count - 1 - i], layers = Config.LayersPerBlock + 1;
                bool last = i + 1 == count;
                for (int j = 0; j < layers; j++)
                {
                    int layer = j;
                    stages.Add(new(1, ResnetBlock.Reach, NeedsWhole: false, (m, h) =>
                    {
                        h = _resnet.Build(Block(m)["resnets"][layer], h, null, channels);
                        return last && layer + 1 == layers ? Block(m).Mark(h) : h;
                    }));
                }

                if (!last)
                {
                    stages.Add(new(2, 1, NeedsWhole: false, (m, h) => Block(m).Mark(Resampling.Up(Block(m)["upsamplers"][0], h, new Grid(2 * h.Shape.Height, 2 * h.Shape.Width)))));
                }

                ModelBuilder Block(ModelBuilder m) => m["decoder"]["up_blocks"][block];
            }

            stages.Add(new(1, 1, NeedsWhole: false, (m, h) => Output(m["decoder"], h, Config.OutChannels)));
            return stages;
        }
    }

    private Value Encoder(ModelBuilder m, Value picture)
    {
        Value h = m["conv_in"].Mark(m["conv_in"].Conv(picture, Config.BlockChannels[0], kernel: 3));
        for (int i = 0; i < Config.BlockChannels.Count; i++)
        {
            ModelBuilder block = m["down_blocks"][i];
            h = Layers(block, h, Config.LayersPerBlock, Config.BlockChannels[i]);
            h = block.Mark(i + 1 < Config.BlockChannels.Count ? Resampling.Down(block["downsamplers"][0], h, padding: 0) : h);
        }

        return Output(m, Middle(m["mid_block"], h), 2 * Config.LatentChannels);
    }

    private Value DecoderInput(ModelBuilder m, Value latents)
    {
        Value h = Config.PostQuantConv ? m["post_quant_conv"].Conv(latents, Config.LatentChannels, kernel: 1) : latents;
        return m["decoder"]["conv_in"].Mark(m["decoder"]["conv_in"].Conv(h, Config.BlockChannels[^1], kernel: 3));
    }

    private Value Layers(ModelBuilder m, Value h, int count, int channels)
    {
        for (int i = 0; i < count; i++)
        {
            h = _resnet.Build(m["resnets"][i], h, null, channels);
        }

        return h;
    }

    private Value Middle(ModelBuilder m, Value h)
    {
        h = _resnet.Build(m["resnets"][0], h, null, h.Channels);
        h = Config.MidAttention ? Attention(m["attentions"][0], h) : h;
        return m.Mark(_resnet.Build(m["resnets"][1], h, null, h.Channels));
    }

    private Value Attention(ModelBuilder m, Value x)
    {
        LayerSite site = m.Site(SiteKind.SelfAttention, x);
        Value h = TileNorm.GroupNorm(m["group_norm"], x, site, Config.NormGroups, NormEpsilon);
        Value q = m["to_q"].Linear(h, x.Channels);
        KeySegment[] keys = m.Plan.Keys(site, h, y => (m["to_k"].Linear(y, x.Channels), m["to_v"].Linear(y, x.Channels)));
        h = m["to_out"][0].Linear(q.Attention(keys, heads: 1, m.Plan.QueryBounds(site), path: m.Path), x.Channels);
        return m.Mark(m.Plan.Through(site, h) + x);
    }

    private Value Output(ModelBuilder m, Value h, int channels) =>
        m["conv_out"].Conv(m["conv_norm_out"].GroupNorm(h, Config.NormGroups, NormEpsilon).Silu(), channels, kernel: 3);
}
