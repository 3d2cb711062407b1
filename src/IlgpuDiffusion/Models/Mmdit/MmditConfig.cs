using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Models;

/// <summary>The form of a multimodal diffusion transformer (diffusers' SD3Transformer2DModel).</summary>
internal sealed record MmditConfig
{
    /// <summary>The latents' usual height and width.</summary>
    public required int SampleSize { get; init; }

    /// <summary>Channels of the latents that go in.</summary>
    public required int InChannels { get; init; }

    /// <summary>Channels that come out.</summary>
    public required int OutChannels { get; init; }

    /// <summary>The side of a patch of latents that is one token.</summary>
    public required int PatchSize { get; init; }

    /// <summary>The number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Heads of each attention.</summary>
    public required int Heads { get; init; }

    /// <summary>Channels of a head.</summary>
    public required int HeadChannels { get; init; }

    /// <summary>Channels of the text's states.</summary>
    public required int TextChannels { get; init; }

    /// <summary>Channels of the pooled text.</summary>
    public required int PooledChannels { get; init; }

    /// <summary>The side of the table of positions, from whose middle a picture's are taken.</summary>
    public required int Positions { get; init; }

    /// <summary>The blocks in which the picture attends to itself alone as well.</summary>
    public required IReadOnlyList<int> DualAttention { get; init; }

    /// <summary>Whether queries and keys are divided by their root mean square.</summary>
    public required bool NormsQueriesAndKeys { get; init; }

    /// <summary>Channels of a token.</summary>
    public int Channels => Heads * HeadChannels;

    /// <summary>Reads config.json. A field that is absent has diffusers' default.</summary>
    /// <exception cref="ModelFileException">A field asks for arithmetic that is not supported; the message names it.</exception>
    public static MmditConfig Read(ComponentConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        int heads = config.Positive("num_attention_heads", 18), head = config.Positive("attention_head_dim", 64), layers = config.Positive("num_layers", 18);
        int[] dual = config.Has("dual_attention_layers") ? [.. config.Ints("dual_attention_layers")] : [];
        return new MmditConfig
        {
            SampleSize = config.Positive("sample_size", 128),
            InChannels = config.Positive("in_channels", 16),
            OutChannels = config.Positive("out_channels", 16),
            PatchSize = config.Positive("patch_size", 2, most: 16),
            Layers = layers,
            Heads = heads,
            HeadChannels = head,
            TextChannels = config.Positive("joint_attention_dim", 4096),
            PooledChannels = config.Positive("pooled_projection_dim", 2048),
            Positions = config.Positive("pos_embed_max_size", 96, most: 4096),
            DualAttention = dual.All(i => i >= 0 && i < layers) ? dual : throw config.Unsupported("dual_attention_layers", $"numbers of blocks, 0 to {layers - 1}"),
            NormsQueriesAndKeys = config.OneOf("qk_norm", "", "", "rms_norm").Length > 0,
        }.Checked(config);
    }

    private MmditConfig Checked(ComponentConfig config) =>
        config.Int("caption_projection_dim", Channels) == Channels ? this
        : throw config.Unsupported("caption_projection_dim", $"{Channels}, which is 'num_attention_heads' times 'attention_head_dim'");
}
