using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Models;

/// <summary>The form of a tiny autoencoder's decoder (diffusers' AutoencoderTiny).</summary>
internal sealed record TinyConfig
{
    /// <summary>Channels of latents.</summary>
    public required int LatentChannels { get; init; }

    /// <summary>Channels of pictures.</summary>
    public required int OutChannels { get; init; }

    /// <summary>Channels of all layers between.</summary>
    public required int Channels { get; init; }

    /// <summary>Residual blocks of each level, the coarsest first; behind each but the last the grid is doubled.</summary>
    public required IReadOnlyList<int> Blocks { get; init; }

    /// <summary>The activation.</summary>
    public required Activation Activation { get; init; }

    /// <summary>What the denoiser's latents are divided by.</summary>
    public required double Scale { get; init; }

    /// <summary>What is added to them then.</summary>
    public required double Shift { get; init; }

    /// <summary>Pixels of a picture for one of the latents, in each direction.</summary>
    public int Factor => 1 << (Blocks.Count - 1);

    /// <summary>Reads config.json. A field that is absent has diffusers' default.</summary>
    /// <exception cref="ModelFileException">A field asks for arithmetic that is not supported; the message names it.</exception>
    public static TinyConfig Read(ComponentConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        int[] channels = config.BlockChannels("decoder_block_out_channels", [64, 64, 64, 64]);
        config.OneOf("upsample_fn", "nearest", "nearest");
        double scale = config.Finite("scaling_factor", 1);
        return new TinyConfig
        {
            LatentChannels = config.Positive("latent_channels", 4),
            OutChannels = config.Positive("out_channels", 3),
            Channels = channels.Distinct().Count() == 1 ? channels[0] : throw config.Unsupported("decoder_block_out_channels", "equal numbers"),
            Blocks = config.PositivePerBlock("num_decoder_blocks", channels.Length, 0) is var blocks && config.Has("num_decoder_blocks") ? blocks : [3, 3, 3, 1],
            Activation = config.Activation("act_fn", "relu"),
            Scale = config.Positive("upsampling_scaling_factor", 2) == 2 ? scale != 0 ? scale : throw config.Unsupported("scaling_factor", "finite numbers other than 0") : throw config.Unsupported("upsampling_scaling_factor", "2"),
            Shift = config.Finite("shift_factor", 0),
        };
    }
}
