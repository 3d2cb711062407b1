using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Models;

/// <summary>The denoiser of Stable Diffusion 1, 2 and XL: a UNet conditioned on time and text (Ronneberger et al. 2015; Rombach et al. 2022; Podell et al. 2023).</summary>
/// <param name="config">Its form.</param>
internal sealed class UNet2DConditionModel(UNetConfig config) : IControlledNetwork
{
    private readonly UNetEncoder _encoder = new(config);

    /// <summary>Its form.</summary>
    public UNetConfig Config { get; } = config;

    /// <summary>Channels of the text.</summary>
    public int TextChannels => _encoder.TextChannels;

    /// <inheritdoc/>
    public int InChannels => Config.InChannels;

    /// <inheritdoc/>
    public int SampleSize => Config.SampleSize;

    /// <inheritdoc/>
    public IReadOnlyList<NetworkInput> Inputs => _encoder.Inputs;

    /// <summary>The model that a config.json describes.</summary>
    /// <exception cref="ModelFileException">A field asks for arithmetic that is not supported; the message names it.</exception>
    public static UNet2DConditionModel Read(ComponentConfig config) => Read(config, UNetAddition.Sizes);

    /// <summary>The same, of a network that is told so many numbers of its picture, where it is told any.</summary>
    /// <exception cref="ModelFileException">As <see cref="Read(ComponentConfig)"/>.</exception>
    public static UNet2DConditionModel Read(ComponentConfig config, int timeIds) => new(UNetConfigReader.Read(config, timeIds: timeIds));

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
    public Value Build(ModelBuilder m, Value latents, Value time, IReadOnlyDictionary<string, Value> inputs) => Build(m, latents, time, inputs, null);

    /// <inheritdoc/>
    public Value Build(ModelBuilder m, Value latents, Value time, IReadOnlyDictionary<string, Value> inputs, ControlResiduals? control)
    {
        Value text = inputs.Required(NetworkInputs.Context);
        if (latents.Channels != Config.InChannels || text.Channels != TextChannels)
        {
            throw new ShapeException($"The UNet takes {Config.InChannels} channels of latents and {TextChannels} of text, not {latents.Shape} and {text.Shape}.");
        }

        Value t = _encoder.Time(m, time, inputs);
        (Value h, List<Value> down) = _encoder.Down(m, _encoder.Enter(m, latents), t, text);
        h = _encoder.Middle(m, h, t, text);

        // What is kept of the middle and of deep features has the residuals in it, so recalling it spares the ControlNet too.
        h = control is null ? h : h + control.Middle;
        h = Config.MidBlock is null ? h : UNetEncoder.Through(m["mid_block"], SiteKind.Block, h);
        Stack<Value> skips = new(control is null ? down : down.Zip(control.Skips, (skip, residual) => skip + residual));
        for (int i = 0; i < Config.UpBlocks.Count; i++)
        {
            h = Up(m["up_blocks"][i], h, t, text, Config.UpBlocks[i], skips);
        }

        h = m["conv_norm_out"].GroupNorm(h, Config.NormGroups, Config.NormEpsilon).Activate(Config.Activation);
        return m["conv_out"].Mark(m["conv_out"].Conv(h, Config.OutChannels, Config.OutKernel));
    }

    private Value Up(ModelBuilder m, Value h, Value time, Value text, UNetBlock block, Stack<Value> skips)
    {
        for (int i = 0; i < block.Layers; i++)
        {
            h = m.Plan.Through(m["resnets"][i].Site(SiteKind.UpLayer, h), h);
            Value skip = skips.Pop();
            h = m.Plan.Back(h, new Grid(skip.Shape.Height, skip.Shape.Width));
            h = _encoder.Layer(m, i, h.Concat(Axis.Channels, skip), time, text, block);
        }

        if (skips.TryPeek(out Value next))
        {
            // Not simply twice the size: an odd grid was rounded up on the way down.
            h = Resampling.Up(m["upsamplers"][0], h, new Grid(next.Shape.Height, next.Shape.Width));
        }

        return UNetEncoder.Through(m, SiteKind.Block, h);
    }
}
