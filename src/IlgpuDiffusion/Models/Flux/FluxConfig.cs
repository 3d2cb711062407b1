using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Models;

/// <summary>The form of FLUX.1's transformer (diffusers' FluxTransformer2DModel).</summary>
internal sealed record FluxConfig
{
    /// <summary>The side of a patch of latents that is one token.</summary>
    public const int PatchSize = 2;

    /// <summary>Channels of the latents.</summary>
    public required int LatentChannels { get; init; }

    /// <summary>Blocks in which picture and text have weights of their own.</summary>
    public required int DoubleBlocks { get; init; }

    /// <summary>Blocks in which they share them.</summary>
    public required int SingleBlocks { get; init; }

    /// <summary>Heads of each attention.</summary>
    public required int Heads { get; init; }

    /// <summary>Channels of a head.</summary>
    public required int HeadChannels { get; init; }

    /// <summary>Channels of the text's states.</summary>
    public required int TextChannels { get; init; }

    /// <summary>Channels of the pooled text.</summary>
    public required int PooledChannels { get; init; }

    /// <summary>Whether the guidance scale is embedded.</summary>
    public required bool Guidance { get; init; }

    /// <summary>Channels of a head that rows turn; those that columns turn follow them, and those in front are not turned.</summary>
    public required int RowChannels { get; init; }

    /// <summary>Channels of a head that columns turn.</summary>
    public required int ColumnChannels { get; init; }

    /// <summary>Channels of a token.</summary>
    public int Channels => Heads * HeadChannels;

    /// <summary>Reads config.json. A field that is absent has diffusers' default.</summary>
    /// <exception cref="ModelFileException">A field asks for arithmetic that is not supported; the message names it.</exception>
    public static FluxConfig Read(ComponentConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        int packed = config.Positive("in_channels", 64), head = config.Positive("attention_head_dim", 128);
        int[] axes = config.Has("axes_dims_rope") ? [.. config.Ints("axes_dims_rope")] : [16, 56, 56];
        config.RequireNeutral("patch_size", "1");
        if (packed % (PatchSize * PatchSize) != 0 || config.Int("out_channels", packed) != packed)
        {
            throw config.Unsupported(packed % (PatchSize * PatchSize) != 0 ? "in_channels" : "out_channels", packed % (PatchSize * PatchSize) != 0 ? "multiples of 4" : $"{packed}, as 'in_channels'");
        }

        return new FluxConfig
        {
            LatentChannels = packed / (PatchSize * PatchSize),
            DoubleBlocks = config.Positive("num_layers", 19),
            SingleBlocks = config.Positive("num_single_layers", 38),
            Heads = config.Positive("num_attention_heads", 24),
            HeadChannels = head,
            TextChannels = config.Positive("joint_attention_dim", 4096),
            PooledChannels = config.Positive("pooled_projection_dim", 768),
            Guidance = config.Flag("guidance_embeds", false),
            RowChannels = axes.Length == 3 && axes.All(axis => axis >= 0 && axis % 2 == 0) && axes.Sum() == head ? axes[1] : throw config.Unsupported("axes_dims_rope", $"three even numbers that add up to 'attention_head_dim', {head}"),
            ColumnChannels = axes[2],
        };
    }
}
