using System.Text.Json;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Models;

/// <summary>Reads a UNet's config.json. A field that is absent has diffusers' default; one that asks for arithmetic that is not there is an error that names it.</summary>
internal static class UNetConfigReader
{
    private const int UsualSize = 64;
    private const int MostSize = 2048;

    // As the first files name the blocks.
    private const string OldPrefix = "UNetRes";
    private const string CrossDown = "CrossAttnDownBlock2D";
    private const string PlainDown = "DownBlock2D";
    private const string CrossUp = "CrossAttnUpBlock2D";
    private const string PlainUp = "UpBlock2D";
    private const string CrossMid = "UNetMidBlock2DCrossAttn";
    private const string PlainMid = "UNetMidBlock2D";
    private const string TextAndTime = "text_time";

    /// <param name="config">The file.</param>
    /// <param name="hasWayUp">Whether the network has a way up; a ControlNet has none.</param>
    /// <param name="timeIds">How many numbers of the picture it is told, where it is told any.</param>
    public static UNetConfig Read(ComponentConfig config, bool hasWayUp = true, int timeIds = UNetAddition.Sizes)
    {
        ArgumentNullException.ThrowIfNull(config);
        RefuseUnsupported(config);
        int[] channels = config.BlockChannels("block_out_channels", [320, 640, 1280, 1280]);
        UNetBlock[] down = Blocks(config, channels, "down_block_types", [CrossDown, CrossDown, CrossDown, PlainDown], CrossDown, PlainDown, 0);
        UNetBlock[] up = !hasWayUp ? [] : Blocks(config, channels, "up_block_types", [PlainUp, CrossUp, CrossUp, CrossUp], CrossUp, PlainUp, 1);
        int padding = config.Int("downsample_padding", 1);
        int groups = config.IsNull("norm_num_groups") ? throw config.Unsupported("norm_num_groups", "whole numbers above 0") : config.Positive("norm_num_groups", 32);
        config.RequireDivides("norm_num_groups", groups, channels, "'block_out_channels'");
        return new UNetConfig
        {
            SampleSize = SampleSize(config),
            InChannels = config.Positive("in_channels", 4),
            OutChannels = config.Positive("out_channels", 4),
            CenterInput = config.Flag("center_input_sample", false),
            DownBlocks = down,
            MidBlock = Mid(config, channels.Length),
            UpBlocks = up,
            Time = Time(config, channels[0]),
            Addition = Addition(config, timeIds),
            Activation = config.Activation("act_fn", "silu"),
            NormGroups = groups,
            NormEpsilon = config.NotNegative("norm_eps", 1e-5),
            DownsamplePadding = padding is 0 or 1 ? padding : throw config.Unsupported("downsample_padding", "0, 1"),
            TimeScales = config.OneOf("resnet_time_scale_shift", "default", "default", "scale_shift") == "scale_shift",
            InKernel = Kernel(config, "conv_in_kernel"),
            OutKernel = Kernel(config, "conv_out_kernel"),
            LinearProjection = config.Flag("use_linear_projection", false),
        };
    }

    private static void RefuseUnsupported(ComponentConfig config)
    {
        foreach (string field in (ReadOnlySpan<string>)
            [
                "class_embed_type", "class_embeddings_concat", "cross_attention_norm", "dual_cross_attention",
                "encoder_hid_dim", "encoder_hid_dim_type", "num_attention_heads", "num_class_embeds", "resnet_skip_time_act",
            ])
        {
            config.RequireNeutral(field);
        }

        config.RequireNeutral("attention_type", "\"default\"");
        config.RequireNeutral("resnet_out_scale_factor", "1.0");
        config.RequireNeutral("time_embedding_type", "\"positional\"");

        // Attention is computed in float32 whatever this says.
        config.Flag("upcast_attention", false);
    }

    /// <summary>The blocks of one way; lists in the file go from the finest grid but for the types, which go in the order of running.</summary>
    private static UNetBlock[] Blocks(ComponentConfig config, int[] channels, string field, string[] fallback, string cross, string plain, int moreLayers)
    {
        int count = channels.Length;
        string[] types = [.. config.TextsOr(field, fallback).Select(type => type.StartsWith(OldPrefix, StringComparison.Ordinal) ? type[OldPrefix.Length..] : type)];
        config.RequireOnePerBlock(field, types.Length, count);
        config.RequireKnown(field, types, cross, plain);
        int[] layers = config.PositivePerBlock("layers_per_block", count, 2);
        UNetAttention[] attention = Attention(config, count);
        bool up = moreLayers > 0;
        if (up)
        {
            (channels, layers, attention) = ([.. channels.Reverse()], [.. layers.Reverse()], [.. attention.Reverse()]);
            if (config.Has("reverse_transformer_layers_per_block"))
            {
                config.RequireFlat("reverse_transformer_layers_per_block");
                int[] own = config.PositivePerBlock("reverse_transformer_layers_per_block", count, 1);
                attention = [.. attention.Select((a, i) => a with { Layers = own[i] })];
            }
        }

        UNetBlock[] blocks = [.. types.Select((t, i) => new UNetBlock(channels[i], layers[i] + moreLayers, t == cross ? attention[i] : null))];
        foreach (UNetBlock block in blocks.Where(b => b.Attention is not null))
        {
            config.RequireDivides("attention_head_dim", block.Attention!.Heads, [block.Channels], "the channels of every block with attention (the field is the number of heads)");
        }

        return blocks;
    }

    private static UNetAttention[] Attention(ComponentConfig config, int count)
    {
        config.RequireFlat("transformer_layers_per_block");

        // A misnomer that published files depend on: this is the number of heads.
        int[] heads = config.PositivePerBlock("attention_head_dim", count, 8);
        int[] text = config.PositivePerBlock("cross_attention_dim", count, 1280);
        int[] layers = config.PositivePerBlock("transformer_layers_per_block", count, 1);
        IReadOnlyList<bool> only = config.FlagPerBlock("only_cross_attention", count, false);
        return [.. heads.Select((h, i) => new UNetAttention(h, text[i], layers[i], only[i]))];
    }

    private static UNetMidBlock? Mid(ComponentConfig config, int blocks)
    {
        if (config.IsNull("mid_block_type"))
        {
            return null;
        }

        // The middle's own only-cross setting concerns another kind of block; here it has no effect, as in the reference.
        bool cross = config.OneOf("mid_block_type", CrossMid, CrossMid, PlainMid) == CrossMid;
        double scale = config.Number("mid_block_scale_factor", 1);
        return scale > 0 && double.IsFinite(scale)
            ? new UNetMidBlock(cross ? Attention(config, blocks)[^1] with { OnlyCross = false } : null, scale)
            : throw config.Unsupported("mid_block_scale_factor", "numbers above 0");
    }

    private static UNetTime Time(ComponentConfig config, int firstChannels)
    {
        int? guidance = config.Has("time_cond_proj_dim") ? config.Positive("time_cond_proj_dim", 1) : null;
        return new UNetTime(
            firstChannels,
            config.Positive("time_embedding_dim", 4 * firstChannels),
            config.Flag("flip_sin_to_cos", true),
            config.Finite("freq_shift", 0),
            config.Activation("act_fn", "silu"),
            config.OptionalActivation("timestep_post_act"),
            config.OptionalActivation("time_embedding_act_fn"),
            guidance);
    }

    private static UNetAddition? Addition(ComponentConfig config, int timeIds)
    {
        if (!config.Has("addition_embed_type"))
        {
            return null;
        }

        config.OneOf("addition_embed_type", TextAndTime, TextAndTime);
        int time = config.Positive("addition_time_embed_dim", 0);
        int pooled = config.Positive("projection_class_embeddings_input_dim", 0) - timeIds * time;
        return pooled > 0
            ? new UNetAddition(timeIds, time, pooled)
            : throw config.Unsupported("projection_class_embeddings_input_dim", $"more than {timeIds} times 'addition_time_embed_dim'");
    }

    private static int SampleSize(ComponentConfig config)
    {
        IReadOnlyList<int> sizes = config.Has("sample_size") ? config.Ints("sample_size") : [UsualSize];
        if (sizes.Count is not (1 or 2) || !sizes.All(s => s is > 0 and <= MostSize))
        {
            throw config.Unsupported("sample_size", $"a whole number from 1 to {MostSize}, or two");
        }

        // Files written before 0.9.0 say 32, the class's default then, for models of 64: diffusers' pipelines correct it.
        return sizes is [< UsualSize] && config.Raw("sample_size") is { ValueKind: JsonValueKind.Number } && IsBefore09(config) ? UsualSize : sizes.Max();
    }

    private static bool IsBefore09(ComponentConfig config) =>
        config.Raw("_diffusers_version") is { ValueKind: JsonValueKind.String } text && Version.TryParse(string.Join('.', text.GetString()!.Split('.').Take(2)), out Version? version) && version < new Version(0, 9);

    private static int Kernel(ComponentConfig config, string field)
    {
        int size = config.Positive(field, 3);
        return size % 2 == 1 ? size : throw config.Unsupported(field, "odd numbers");
    }
}
