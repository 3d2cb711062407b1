using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Models;

/// <summary>T5's encoder, version 1.1 (Raffel et al. 2020, arXiv:1910.10683; Shazeer 2020): distances between tokens bias attention, feed-forward layers are gated.</summary>
/// <param name="config">Its sizes.</param>
internal sealed class T5EncoderModel(T5Config config)
{
    /// <summary>Its sizes.</summary>
    public T5Config Config { get; } = config;

    /// <summary>Whether a tensor is known and not needed: the table under its other name, and the decoder of a whole T5.</summary>
    public static bool IsUnneeded(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name is "encoder.embed_tokens.weight" or "shared.weight" or "lm_head.weight" || name.StartsWith("decoder.", StringComparison.Ordinal);
    }

    /// <summary>Throws if the weights lack a tensor, hold one of another shape, or hold one that the model does not use.</summary>
    public void Check(WeightStore weights)
    {
        ModelBuilder m = new(new Graph(), weights);
        Value Ints(string name, int count) => m.Graph.Input(name, new TensorType(new Shape(1, 1, count, 1), ElementType.I32), Stage.Request);
        Build(m, Ints("ids", 1), Ints("buckets", 1));
        m.RequireAllUsed(IsUnneeded);
    }

    /// <summary>The number of every distance from a query to a key, −(T − 1) to T − 1: what <see cref="Build"/> takes beside ids.</summary>
    /// <param name="tokens">T.</param>
    public int[] Buckets(int tokens)
    {
        // Half for each direction; of these half one by one, the rest by the logarithm, in single precision as the reference takes it.
        int half = Config.Buckets / 2, exact = half / 2;
        return [.. Enumerable.Range(1 - tokens, (2 * tokens) - 1).Select(distance =>
        {
            int size = Math.Abs(distance);
            float far = MathF.Log((float)size / exact) / (float)Math.Log((double)Config.MostDistance / exact) * (half - exact);
            return (distance > 0 ? half : 0) + (size < exact ? size : Math.Min(half - 1, exact + (int)far));
        })];
    }

    /// <summary>Builds it.</summary>
    /// <param name="m">The root of the weights.</param>
    /// <param name="ids">Token ids, I32 [B, 1, T, 1].</param>
    /// <param name="buckets">The numbers of distances, I32 [1, 1, 2T − 1, 1].</param>
    /// <returns>The last states, [B, 1, T, C].</returns>
    public Value Build(ModelBuilder m, Value ids, Value buckets)
    {
        ModelBuilder table = m.Has("shared.weight") ? m["shared"] : m["encoder"]["embed_tokens"];
        Value x = table.Mark(table.Weight("weight", Shape.Matrix(Config.VocabularySize, Config.Channels)).Embedding(ids, table.Path));

        // The first layer's biases are those of all.
        ModelBuilder blocks = m["encoder"]["block"], relative = blocks[0]["layer"][0]["SelfAttention"]["relative_attention_bias"];
        Value bias = relative.Weight("weight", Shape.Matrix(Config.Buckets, Config.Heads)).Embedding(buckets, relative.Path).RelativeBias(relative.Path);
        for (int i = 0; i < Config.Layers; i++)
        {
            ModelBuilder layers = blocks[i]["layer"];
            x += Attention(layers[0]["SelfAttention"], Norm(layers[0]["layer_norm"], x), bias);
            x += FeedForward(layers[1]["DenseReluDense"], Norm(layers[1]["layer_norm"], x));
            x = blocks[i].Mark(x);
        }

        return Norm(m["encoder"]["final_layer_norm"], x);
    }

    private Value Norm(ModelBuilder m, Value x) => m.RmsNorm(x, heads: 1, Config.NormEpsilon);

    private Value Attention(ModelBuilder m, Value x, Value bias)
    {
        int inner = Config.Heads * Config.HeadChannels;
        Value q = m["q"].Linear(x, inner, bias: false);
        KeySegment keys = new(m["k"].Linear(x, inner, bias: false), m["v"].Linear(x, inner, bias: false), Bias: bias);

        // Scores are not scaled: that is in the weights.
        return m["o"].Linear(q.Attention([keys], Config.Heads, path: m.Path, scale: 1), Config.Channels, bias: false);
    }

    // Two products rather than one of stacked weights: these are the largest of the model, and stay in their file.
    private Value FeedForward(ModelBuilder m, Value x) => m["wo"].Linear(
        m["wi_1"].Linear(x, Config.InnerChannels, bias: false) * m["wi_0"].Linear(x, Config.InnerChannels, bias: false).Activate(Config.Activation), Config.Channels, bias: false);
}
