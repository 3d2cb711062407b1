using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Models;

/// <summary>
/// The denoiser of Stable Diffusion 3 and 3.5: a transformer over patches of latents and tokens of text, each with weights of their own, which attend to each other
/// (Esser et al. 2024, arXiv:2403.03206, section 4).
/// </summary>
/// <param name="config">Its form.</param>
internal sealed class MmditModel(MmditConfig config) : IDenoiserNetwork
{
    private const int FrequencyChannels = 256;

    /// <summary>Its form.</summary>
    public MmditConfig Config { get; } = config;

    /// <inheritdoc/>
    public int InChannels => Config.InChannels;

    /// <inheritdoc/>
    public int SampleSize => Config.SampleSize;

    /// <inheritdoc/>
    public int GridStep => Config.PatchSize;

    /// <inheritdoc/>
    public IReadOnlyList<NetworkInput> Inputs => [new(NetworkInputs.Context, Config.TextChannels, HasTokens: true), new(NetworkInputs.Pooled, Config.PooledChannels)];

    /// <summary>The model that a config.json describes.</summary>
    /// <exception cref="ModelFileException">A field asks for arithmetic that is not supported; the message names it.</exception>
    public static MmditModel Read(ComponentConfig config) => new(MmditConfig.Read(config));

    /// <inheritdoc/>
    public void Check(WeightStore weights)
    {
        ModelBuilder m = new(new Graph(), weights);
        Value latents = m.Graph.Input("latents", new Shape(1, Config.PatchSize, Config.PatchSize, Config.InChannels), Stage.Evaluation);
        Value time = m.Graph.Input("time", Shape.Scalar, Stage.Schedule);
        Build(m, latents, time, Inputs.ToDictionary(input => input.Name, input => m.Graph.Input(input.Name, Shape.Vector(input.Channels), input.Stage)));
        m.RequireAllUsed();
    }

    /// <inheritdoc/>
    public Value Build(ModelBuilder m, Value latents, Value time, IReadOnlyDictionary<string, Value> inputs)
    {
        (Value context, Value pooled) = (inputs.Required(NetworkInputs.Context), inputs.Required(NetworkInputs.Pooled));
        if (latents.Channels != Config.InChannels || context.Channels != Config.TextChannels || pooled.Channels != Config.PooledChannels)
        {
            throw new ShapeException($"The transformer takes {Config.InChannels} channels of latents, {Config.TextChannels} of text and {Config.PooledChannels} of pooled text, not {latents.Shape}, {context.Shape} and {pooled.Shape}.");
        }

        Value condition = TimeAndText(m["time_text_embed"], time, pooled).Silu();
        JointStreams h = JointStreams.Enter(m, Patches(m["pos_embed"], latents), m["context_embedder"].Mark(m["context_embedder"].Linear(context, Config.Channels)));
        for (int i = 0; i < Config.Layers; i++)
        {
            JointBlock block = new(Config.Heads, Config.NormsQueriesAndKeys, IsDual: Config.DualAttention.Contains(i), IsLast: i + 1 == Config.Layers);
            h = block.Build(m["transformer_blocks"][i], h, condition);
        }

        Value y = AdaptiveNorm.Continuous(m["norm_out"], h.Image, condition);
        return m.Mark(m["proj_out"].Linear(y, Config.PatchSize * Config.PatchSize * Config.OutChannels).DepthToSpace(Config.PatchSize, channelsFirst: false, m["proj_out"].Path));
    }

    private Value TimeAndText(ModelBuilder m, Value time, Value pooled) => m.Mark(
        Embedded(m["timestep_embedder"], time.TimestepEmbedding(FrequencyChannels, cosineFirst: true, shift: 0, path: m.Path)) + Embedded(m["text_embedder"], pooled));

    private Value Embedded(ModelBuilder m, Value x) => m["linear_2"].Linear(m["linear_1"].Linear(x, Config.Channels).Silu(), Config.Channels);

    private Value Patches(ModelBuilder m, Value latents)
    {
        Value x = m["proj"].Conv(latents, Config.Channels, Config.PatchSize, Config.PatchSize, Padding.All(0));
        (int height, int width, int most) = (x.Shape.Height, x.Shape.Width, Config.Positions);
        if (height > most || width > most)
        {
            throw new ShapeException($"The transformer knows {most} x {most} positions ('pos_embed_max_size') of {Config.PatchSize} x {Config.PatchSize} latents each, fewer than {height} x {width}.");
        }

        Value table = m.Weight("pos_embed", new Shape(1, most, most, Config.Channels), stored: [1, (long)most * most, Config.Channels]);
        return m.Mark(x + table.Crop((most - height) / 2, (most - width) / 2, height, width, m.Path));
    }
}
