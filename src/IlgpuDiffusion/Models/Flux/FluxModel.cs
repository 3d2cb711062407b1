using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Models;

/// <summary>
/// The denoiser of FLUX.1 (Black Forest Labs 2024): a transformer over patches of latents and tokens of text, first with weights of their own (as <see cref="MmditModel"/>), then with
/// weights that they share, whose queries and keys are turned by the places of a picture's patches.
/// </summary>
/// <param name="config">Its form.</param>
internal sealed class FluxModel(FluxConfig config) : IDenoiserNetwork
{
    private const int FrequencyChannels = 256;
    private const double GuidanceFactor = 1000;

    /// <summary>Its form.</summary>
    public FluxConfig Config { get; } = config;

    /// <inheritdoc/>
    public int InChannels => Config.LatentChannels;

    /// <inheritdoc/>
    public int SampleSize => 128;

    /// <inheritdoc/>
    public int GridStep => FluxConfig.PatchSize;

    /// <inheritdoc/>
    public IReadOnlyList<NetworkInput> Inputs =>
    [
        new(NetworkInputs.Context, Config.TextChannels, HasTokens: true),
        new(NetworkInputs.Pooled, Config.PooledChannels),
        .. Config.Guidance ? [new(NetworkInputs.Guidance, 1, Stage.Schedule)] : (NetworkInput[])[],
    ];

    /// <summary>The model that a config.json describes.</summary>
    /// <exception cref="ModelFileException">A field asks for arithmetic that is not supported; the message names it.</exception>
    public static FluxModel Read(ComponentConfig config) => new(FluxConfig.Read(config));

    /// <inheritdoc/>
    public void Check(WeightStore weights)
    {
        ModelBuilder m = new(new Graph(), weights);
        Value latents = m.Graph.Input("latents", new Shape(1, FluxConfig.PatchSize, FluxConfig.PatchSize, Config.LatentChannels), Stage.Evaluation);
        Value time = m.Graph.Input("time", Shape.Scalar, Stage.Schedule);
        Build(m, latents, time, Inputs.ToDictionary(input => input.Name, input => m.Graph.Input(input.Name, Shape.Vector(input.Channels), input.Stage)));
        m.RequireAllUsed();
    }

    /// <inheritdoc/>
    public Value Build(ModelBuilder m, Value latents, Value time, IReadOnlyDictionary<string, Value> inputs)
    {
        (Value context, Value pooled) = (inputs.Required(NetworkInputs.Context), inputs.Required(NetworkInputs.Pooled));
        if (latents.Channels != Config.LatentChannels || context.Channels != Config.TextChannels || pooled.Channels != Config.PooledChannels)
        {
            throw new ShapeException($"The transformer takes {Config.LatentChannels} channels of latents, {Config.TextChannels} of text and {Config.PooledChannels} of pooled text, not {latents.Shape}, {context.Shape} and {pooled.Shape}.");
        }

        Value condition = TimeAndText(m["time_text_embed"], time, pooled, inputs).Silu();
        Value image = Patches(m["x_embedder"], latents);
        RotaryPlaces places = new(new Grid(image.Shape.Height, image.Shape.Width), Config.RowChannels, Config.ColumnChannels);
        JointStreams h = JointStreams.Enter(m, image, m["context_embedder"].Mark(m["context_embedder"].Linear(context, Config.Channels)));
        JointBlock both = new(Config.Heads, NormsQueriesAndKeys: true, IsDual: false, IsLast: false) { Places = places };
        for (int i = 0; i < Config.DoubleBlocks; i++)
        {
            h = both.Build(m["transformer_blocks"][i], h, condition);
        }

        SharedBlock shared = new(Config.Heads, places);
        for (int i = 0; i < Config.SingleBlocks; i++)
        {
            h = shared.Build(m["single_transformer_blocks"][i], h, condition, isLast: i + 1 == Config.SingleBlocks);
        }

        Value y = AdaptiveNorm.Continuous(m["norm_out"], h.Image, condition);
        return m.Mark(m["proj_out"].Linear(y, FluxConfig.PatchSize * FluxConfig.PatchSize * Config.LatentChannels).DepthToSpace(FluxConfig.PatchSize, channelsFirst: true, m["proj_out"].Path));
    }

    private Value TimeAndText(ModelBuilder m, Value time, Value pooled, IReadOnlyDictionary<string, Value> inputs)
    {
        Value embedded = Embedded(m["timestep_embedder"], Sinusoids(m, time)) + Embedded(m["text_embedder"], pooled);
        return m.Mark(Config.Guidance ? embedded + Embedded(m["guidance_embedder"], Sinusoids(m, inputs.Required(NetworkInputs.Guidance) * GuidanceFactor)) : embedded);
    }

    private static Value Sinusoids(ModelBuilder m, Value number) => number.TimestepEmbedding(FrequencyChannels, cosineFirst: true, shift: 0, path: m.Path);

    private Value Embedded(ModelBuilder m, Value x) => m["linear_2"].Linear(m["linear_1"].Linear(x, Config.Channels).Silu(), Config.Channels);

    // A layer on packed patches, whose order of channels is that of a kernel.
    private Value Patches(ModelBuilder m, Value latents)
    {
        Shape kernel = new(Config.Channels, Config.LatentChannels, FluxConfig.PatchSize, FluxConfig.PatchSize);
        Value weight = m.Weight("weight", kernel, stored: [kernel.Batch, (long)kernel.Height * kernel.Width * kernel.Channels]);
        return m.Mark(latents.Conv2d(weight, FluxConfig.PatchSize, Padding.All(0), m.Path) + m.Weight("bias", Shape.Vector(Config.Channels)));
    }
}
