using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Models;

/// <summary>
/// A ControlNet (Zhang, Rao and Agrawala 2023, arXiv:2302.05543): a copy of a UNet's way down and middle that sees a picture too, the hint, and gives what is added to the
/// UNet's skip connections and middle.
/// </summary>
/// <param name="config">The form of the UNet that it was made from, without a way up.</param>
/// <param name="hintChannels">Channels of the hint's convolutions; behind each but the first the grid is halved.</param>
internal sealed class ControlNetModel(UNetConfig config, IReadOnlyList<int> hintChannels)
{
    /// <summary>Red, green, blue.</summary>
    public const int Colours = 3;

    private readonly UNetEncoder _encoder = new(config);

    /// <summary>The form of the UNet that it was made from, without a way up.</summary>
    public UNetConfig Config { get; } = config;

    /// <summary>The pixels of the hint's side for each point of the latents' grid.</summary>
    public int Factor => 1 << (hintChannels.Count - 1);

    /// <summary>Channels of the text.</summary>
    public int TextChannels => _encoder.TextChannels;

    /// <summary>The model that a config.json describes.</summary>
    /// <exception cref="ModelFileException">A field asks for arithmetic that is not supported; the message names it.</exception>
    public static ControlNetModel Read(ComponentConfig config)
    {
        config.RequireNeutral("global_pool_conditions", "false");
        config.OneOf("controlnet_conditioning_channel_order", "rgb", "rgb");
        if (config.Positive("conditioning_channels", Colours) != Colours)
        {
            throw config.Unsupported("conditioning_channels", "3");
        }

        UNetConfig form = UNetConfigReader.Read(config, hasWayUp: false);
        return form.MidBlock is null
            ? throw config.Unsupported("mid_block_type", "a middle block")
            : new ControlNetModel(form, config.BlockChannels("conditioning_embedding_out_channels", [16, 32, 96, 256]));
    }

    /// <summary>Throws if the weights lack a tensor, hold one of another shape, or hold one that the network does not use.</summary>
    public void Check(WeightStore weights)
    {
        ModelBuilder m = new(new Graph(), weights);
        int size = 1 << Config.DownBlocks.Count;
        Value latents = m.Graph.Input("latents", new Shape(1, size, size, Config.InChannels), Stage.Evaluation);
        Value hint = m.Graph.Input("hint", new Shape(1, size * Factor, size * Factor, Colours), Stage.Request);
        Value time = m.Graph.Input("time", Shape.Scalar, Stage.Schedule);
        Build(m, latents, time, _encoder.Inputs.ToDictionary(input => input.Name, input => m.Graph.Input(input.Name, Shape.Vector(input.Channels), input.Stage)), hint);
        m.RequireAllUsed();
    }

    /// <summary>Builds it.</summary>
    /// <param name="m">The root of the weights.</param>
    /// <param name="latents">[B, H, W, in], scaled as for the UNet.</param>
    /// <param name="time">The time step, [R, 1, 1, 1].</param>
    /// <param name="inputs">The UNet's inputs by name.</param>
    /// <param name="hint">The picture, [1, H·factor, W·factor, 3] in [0, 1].</param>
    /// <returns>What is added in the UNet, at strength 1.</returns>
    public ControlResiduals Build(ModelBuilder m, Value latents, Value time, IReadOnlyDictionary<string, Value> inputs, Value hint)
    {
        Value t = _encoder.Time(m, time, inputs), text = inputs.Required(NetworkInputs.Context);
        Value h = _encoder.Enter(m, latents) + Hint(m["controlnet_cond_embedding"], hint);
        (h, List<Value> skips) = _encoder.Down(m, h, t, text);
        h = _encoder.Middle(m, h, t, text);
        Value Added(ModelBuilder layer, Value value) => layer.Conv(value, value.Channels, kernel: 1);
        return new ControlResiduals([.. skips.Select((skip, i) => Added(m["controlnet_down_blocks"][i], skip))], Added(m["controlnet_mid_block"], h));
    }

    // Of the request stage: the picture stays the same while it is painted after.
    private Value Hint(ModelBuilder m, Value hint)
    {
        Value h = m["conv_in"].Conv(hint, hintChannels[0], kernel: 3).Activate(Activation.Silu);
        for (int i = 0; i + 1 < hintChannels.Count; i++)
        {
            h = m["blocks"][2 * i].Conv(h, hintChannels[i], kernel: 3).Activate(Activation.Silu);
            h = m["blocks"][(2 * i) + 1].Conv(h, hintChannels[i + 1], kernel: 3, stride: 2, Padding.All(1)).Activate(Activation.Silu);
        }

        return m["conv_out"].Conv(h, Config.DownBlocks[0].Channels, kernel: 3);
    }
}

/// <summary>What ControlNets add in a UNet.</summary>
/// <param name="Skips">To its skip connections, the finest first.</param>
/// <param name="Middle">To what leaves its middle.</param>
internal sealed record ControlResiduals(IReadOnlyList<Value> Skips, Value Middle)
{
    /// <summary>All of it times a factor.</summary>
    public ControlResiduals Times(Value factor) => new([.. Skips.Select(skip => skip * factor)], Middle * factor);

    /// <summary>The sum of two.</summary>
    public ControlResiduals Plus(ControlResiduals other) => new([.. Skips.Zip(other.Skips, (a, b) => a + b)], Middle + other.Middle);
}
