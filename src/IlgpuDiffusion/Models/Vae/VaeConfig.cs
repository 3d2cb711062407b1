using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Models;

/// <summary>The form of a variational autoencoder (diffusers' AutoencoderKL).</summary>
internal sealed record VaeConfig
{
    /// <summary>Channels of pictures that go in.</summary>
    public required int InChannels { get; init; }

    /// <summary>Channels of pictures that come out.</summary>
    public required int OutChannels { get; init; }

    /// <summary>Channels of latents.</summary>
    public required int LatentChannels { get; init; }

    /// <summary>Channels of the blocks, from the finest grid.</summary>
    public required IReadOnlyList<int> BlockChannels { get; init; }

    /// <summary>Residual blocks of each block of the encoder; the decoder has one more.</summary>
    public required int LayersPerBlock { get; init; }

    /// <summary>The activation of the residual blocks.</summary>
    public required Activation Activation { get; init; }

    /// <summary>Groups of the group norms.</summary>
    public required int NormGroups { get; init; }

    /// <summary>Whether the middle attends.</summary>
    public required bool MidAttention { get; init; }

    /// <summary>Whether a 1×1 convolution follows the encoder.</summary>
    public required bool QuantConv { get; init; }

    /// <summary>Whether a 1×1 convolution precedes the decoder.</summary>
    public required bool PostQuantConv { get; init; }

    /// <summary>The denoiser's latents are (the encoder's − <see cref="Shift"/>) · this.</summary>
    public required double Scale { get; init; }

    /// <summary>What is taken from the encoder's latents; see <see cref="Scale"/>.</summary>
    public required double Shift { get; init; }

    /// <summary>Pixels of a picture for one of the latents, in each direction.</summary>
    public int Factor => 1 << (BlockChannels.Count - 1);

    /// <summary>Reads config.json. A field that is absent has diffusers' default.</summary>
    /// <exception cref="ModelFileException">A field asks for arithmetic that is not supported; the message names it.</exception>
    public static VaeConfig Read(ComponentConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        int[] channels = config.BlockChannels("block_out_channels", [64]);
        RequireBlocks(config, "down_block_types", "DownEncoderBlock2D", channels.Length);
        RequireBlocks(config, "up_block_types", "UpDecoderBlock2D", channels.Length);
        config.RequireNeutral("latents_mean");
        config.RequireNeutral("latents_std");
        double scale = config.Number("scaling_factor", 0.18215);
        int groups = config.Positive("norm_num_groups", 32);
        config.RequireDivides("norm_num_groups", groups, channels, "'block_out_channels'");
        return new VaeConfig
        {
            InChannels = config.Positive("in_channels", 3),
            OutChannels = config.Positive("out_channels", 3),
            LatentChannels = config.Positive("latent_channels", 4),
            BlockChannels = channels,
            LayersPerBlock = config.Positive("layers_per_block", 1),
            Activation = config.Activation("act_fn", "silu"),
            NormGroups = groups,
            MidAttention = config.Flag("mid_block_add_attention", true),
            QuantConv = config.Flag("use_quant_conv", true),
            PostQuantConv = config.Flag("use_post_quant_conv", true),
            Scale = scale != 0 && double.IsFinite(scale) ? scale : throw config.Unsupported("scaling_factor", "finite numbers other than 0"),
            Shift = config.Finite("shift_factor", 0),
        };
    }

    private static void RequireBlocks(ComponentConfig config, string field, string type, int count)
    {
        string[] types = config.TextsOr(field, [type]);
        config.RequireKnown(field, types, type);
        config.RequireOnePerBlock(field, types.Length, count);
    }
}
