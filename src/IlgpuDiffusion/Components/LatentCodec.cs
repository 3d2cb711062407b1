using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Components;

/// <summary>Pictures to the denoiser's latents and back, one picture at a time, on the lane's thread.</summary>
internal sealed class LatentCodec(AutoencoderKl model, WeightStore weights, ComponentRunner runner)
{
    private readonly StoredWeights _source = new(weights);
    private readonly ExecutableCache<(int Height, int Width, bool Encode, int TileSide)> _cache = new(6, key => Compile(model, weights, runner, key.Height, key.Width, key.Encode, key.TileSide));
    private readonly Lazy<DecoderSurvey> _survey = new(() => new DecoderSurvey(model, weights));
    private readonly TiledDecoder _tiled = new(runner, new StoredWeights(weights));
    private readonly RecentCache<(int Height, int Width, int TileSide, ElementType Type, long Budget), DecodePlan> _plans = new(4, key =>
    {
        Grid latents = new(key.Height, key.Width);
        return DecodePlan.Make(new DecoderSurvey(model, weights), model, weights, runner with { Type = key.Type }, latents, key.Budget, new DecoderTiles(latents, key.TileSide));
    });
    private volatile Chosen? _chosen;

    /// <summary>Bytes of decoder and encoder in the files.</summary>
    public long WeightBytes => weights.Bytes;

    /// <summary>Decides how pictures of a size are decoded: at once where the memory suffices.</summary>
    /// <param name="height">Rows of latents.</param>
    /// <param name="width">Columns of latents.</param>
    /// <param name="budget">Bytes that there are beside the weights; null where nobody knows.</param>
    /// <param name="tileSide">Points of the latents that the side of a tile of its attention has; 0 leaves it whole.</param>
    public DecoderChoice Decoder(int height, int width, long? budget, int tileSide)
    {
        DecoderChoice choice = Choose(runner, height, width, budget ?? long.MaxValue, tileSide);
        _chosen = new Chosen(height, width, choice);
        return choice;
    }

    /// <summary>Compiles decoder or encoder for a size of latents.</summary>
    public Executable Executable(int height, int width, bool encode = false, int tileSide = 0) => _cache.Get((height, width, encode, tileSide));

    /// <summary>The memory of the encoder in a type for activations.</summary>
    public MemoryReport MeasureEncoder(int height, int width, ElementType type) => Compile(model, weights, runner with { Type = type }, height, width, encode: true, 0).Memory;

    /// <summary>The memory of the decoder in a type for activations, if it is to need as little as it can.</summary>
    public MemoryReport MeasureDecoder(int height, int width, ElementType type) => Choose(runner with { Type = type }, height, width, 0, 0).Memory;

    /// <summary>The type in which it stores activations.</summary>
    public ElementType Type => runner.Type;

    /// <summary>Packs the decoder's weights.</summary>
    public void Load(int height, int width, CancellationToken cancellation) => runner.Load("decoder", Executable(height, width), _source, cancellation);

    /// <summary>Latents [h, w, c] to a picture in [0, 1], [H, W, 3], clamped.</summary>
    public float[] Decode(ReadOnlySpan<float> latents, int height, int width, CancellationToken cancellation)
    {
        DecoderChoice choice = _chosen is { } chosen && chosen.Is(height, width) ? chosen.Choice : Decoder(height, width, runner.Device.AvailableMemory + runner.Lane.ArenaBytes, 0);
        float[] pixels = choice.InParts is { } plan ? _tiled.Decode(plan, latents, cancellation) : Run("decoder", choice.AtOnce!, latents, choice.Tiles, cancellation);
        for (int i = 0; i < pixels.Length; i++)
        {
            // NaN stays NaN, so that it is found rather than painted.
            pixels[i] = Math.Clamp(pixels[i] / 2 + 0.5f, 0, 1);
        }

        return pixels;
    }

    /// <summary>A picture to latents [h, w, c]: the mean of the encoder's distribution.</summary>
    /// <param name="pixels">[H, W, 3] in [0, 1].</param>
    /// <param name="height">Rows of latents.</param>
    /// <param name="width">Columns of latents.</param>
    /// <param name="cancellation">Observed between work items.</param>
    public float[] Encode(ReadOnlySpan<float> pixels, int height, int width, CancellationToken cancellation)
    {
        float[] signed = new float[pixels.Length];
        for (int i = 0; i < signed.Length; i++)
        {
            signed[i] = pixels[i] * 2 - 1;
        }

        return Run("encoder", Executable(height, width, encode: true), signed, null, cancellation);
    }

    private DecoderChoice Choose(ComponentRunner on, int height, int width, long budget, int tileSide)
    {
        Grid latents = new(height, width);
        DecoderTiles tiles = new(latents, tileSide);
        long pixels = (long)height * width * model.Config.Factor * model.Config.Factor;
        bool small = pixels * model.Config.BlockChannels.Max() < int.MaxValue;
        Executable? atOnce = !small && !DecodePlan.FitsAtOnce(_survey.Value, latents) ? null : on == runner ? Executable(height, width, tileSide: tileSide) : Compile(model, weights, on, height, width, encode: false, tileSide);
        if (atOnce is not null && atOnce.Memory.Arena + atOnce.Memory.Run <= budget)
        {
            return new DecoderChoice(atOnce, null, tiles);
        }

        // Memory that comes and goes by less changes no plan.
        const long Step = 1 << 20;
        DecodePlan plan = _plans.Get((height, width, tileSide, on.Type, Math.Max(0, budget) / Step * Step));
        return atOnce is not null && plan.Bytes > budget && atOnce.Memory.Arena + atOnce.Memory.Run <= plan.Bytes ? new DecoderChoice(atOnce, null, tiles) : new DecoderChoice(null, plan, tiles);
    }

    private float[] Run(string component, Executable executable, ReadOnlySpan<float> input, DecoderTiles? tiles, CancellationToken cancellation)
    {
        runner.Load(component, executable, _source, cancellation);
        using Run run = Graphs.Execution.Run.Begin(executable, runner.Lane);
        run.Set("x", input);
        tiles?.Set(run);
        run.Prepare(cancellation);
        return run.Read();
    }

    private static Executable Compile(AutoencoderKl model, WeightStore weights, ComponentRunner runner, int height, int width, bool encode, int tileSide)
    {
        VaeConfig config = model.Config;
        Graph graph = new();
        ModelBuilder m = new(graph, weights, new DecoderTiles(new Grid(height, width), encode ? 0 : tileSide).Plan());
        Shape shape = encode ? new Shape(1, height * config.Factor, width * config.Factor, config.InChannels) : new Shape(1, height, width, config.LatentChannels);
        Value x = graph.Input("x", shape, Stage.Request);
        Value result = encode
            ? model.Encode(m, x).Mean.Precise().Affine(config.Scale, -config.Shift * config.Scale)
            : model.Decode(m, x.Affine(1 / config.Scale, config.Shift));
        return runner.Compile([new Variant(result)]);
    }

    // What was decided last.
    private sealed record Chosen(int Height, int Width, DecoderChoice Choice)
    {
        public bool Is(int height, int width) => (Height, Width) == (height, width);
    }
}
