using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Models;

/// <summary>CLIP's text encoder (Radford et al. 2021): a causal transformer over tokens.</summary>
/// <param name="config">Its sizes.</param>
/// <param name="projects">Whether the pooled text is projected (transformers' CLIPTextModelWithProjection).</param>
internal sealed class ClipTextModel(ClipConfig config, bool projects = false)
{
    /// <summary>Its sizes.</summary>
    public ClipConfig Config { get; } = config;

    /// <summary>Channels of the pooled text.</summary>
    public int PooledChannels => projects ? Config.ProjectionChannels : Config.Channels;

    /// <summary>Whether a tensor is known and not needed where the text is not pooled: positions counted up, the projections to pictures' space, and the tower for pictures of a whole CLIP.</summary>
    public static bool IsUnneeded(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.EndsWith("embeddings.position_ids", StringComparison.Ordinal)
            || name is "text_projection.weight" or "logit_scale" or "logit_bias" or "visual_projection.weight"
            || name.StartsWith("vision_model.", StringComparison.Ordinal);
    }

    /// <summary>Throws if the weights lack a tensor, hold one of another shape, or hold one that the model does not use.</summary>
    public void Check(WeightStore weights)
    {
        ModelBuilder m = new(new Graph(), weights);
        ClipTextStates states = Build(m, m.Graph.Input("ids", new TensorType(new Shape(1, 1, Config.Positions, 1), ElementType.I32), Stage.Request));
        if (projects)
        {
            states.Pooled(m.Graph.Input("ends", new TensorType(Shape.Scalar, ElementType.I32), Stage.Request));
        }

        m.RequireAllUsed(IsUnneeded);
    }

    /// <summary>The position whose state stands for the whole text: that of the end token.</summary>
    /// <param name="ids">The ids of one run, [77].</param>
    public int EndOf(ReadOnlySpan<int> ids)
    {
        int end = Config.EndToken ?? int.MinValue;
        if (Config.EndToken is null)
        {
            foreach (int id in ids)
            {
                end = Math.Max(end, id);
            }
        }

        // Without one the reference takes the first position.
        return Math.Max(ids.IndexOf(end), 0);
    }

    /// <summary>Builds it.</summary>
    /// <param name="m">The root of the weights; names may begin with <c>text_model.</c> or not.</param>
    /// <param name="ids">Token ids, I32 [B, 1, T, 1], T being the number of positions.</param>
    /// <param name="learned">Tokens that are not of the vocabulary, or null where all are.</param>
    public ClipTextStates Build(ModelBuilder m, Value ids, LearnedTokens? learned = null)
    {
        ModelBuilder root = m.Has("text_model.embeddings.token_embedding.weight") ? m["text_model"] : m;
        if (ids.Shape is not { Height: 1 } || ids.Shape.Width != Config.Positions)
        {
            throw new ShapeException($"CLIP's ids must be [B, 1, {Config.Positions}, 1], not {ids.Shape}.");
        }

        ModelBuilder embeddings = root["embeddings"];
        Value x = embeddings["token_embedding"].Weight("weight", Shape.Matrix(Config.VocabularySize, Config.Channels)).Embedding(ids, embeddings.Path);
        x = learned is null ? x : x * learned.Known + learned.Vectors;
        x += embeddings["position_embedding"].Weight("weight", Shape.Matrix(Config.Positions, Config.Channels));
        List<Value> states = [embeddings.Mark(x)];
        for (int i = 0; i < Config.Layers; i++)
        {
            ModelBuilder layer = root["encoder"]["layers"][i];
            x += Attention(layer["self_attn"], layer["layer_norm1"].LayerNorm(x, Config.NormEpsilon));
            x += FeedForward(layer["mlp"], layer["layer_norm2"].LayerNorm(x, Config.NormEpsilon));
            states.Add(layer.Mark(x));
        }

        return new ClipTextStates(
            states,
            y => root["final_layer_norm"].LayerNorm(y, Config.NormEpsilon),
            y => projects ? m["text_projection"].Linear(y, Config.ProjectionChannels, bias: false) : y);
    }

    private Value Attention(ModelBuilder m, Value x)
    {
        Value q = m["q_proj"].Linear(x, Config.Channels);
        KeySegment keys = new(m["k_proj"].Linear(x, Config.Channels), m["v_proj"].Linear(x, Config.Channels));
        return m["out_proj"].Linear(q.Attention([keys], Config.Heads, causal: true, path: m.Path), Config.Channels);
    }

    private Value FeedForward(ModelBuilder m, Value x) =>
        m["fc2"].Linear(m["fc1"].Linear(x, Config.InnerChannels).Activate(Config.Activation), Config.Channels);
}

/// <summary>Tokens whose vectors are given and not of the vocabulary (Gal et al. 2022).</summary>
/// <param name="Known">1 for tokens of the vocabulary and 0 for others, [B, 1, T, 1].</param>
/// <param name="Vectors">The others' vectors, 0 for those of the vocabulary, [B, 1, T, C].</param>
internal sealed record LearnedTokens(Value Known, Value Vectors);

/// <summary>What a text encoder gives: [B, 1, T, C] after each layer.</summary>
internal sealed class ClipTextStates
{
    private readonly IReadOnlyList<Value> _states;
    private readonly Func<Value, Value> _norm;
    private readonly Func<Value, Value> _project;

    internal ClipTextStates(IReadOnlyList<Value> states, Func<Value, Value> norm, Func<Value, Value> project)
    {
        (_states, _norm, _project) = (states, norm, project);
        Last = norm(states[^1]);
    }

    /// <summary>The last layer's states after the final layer norm: what Stable Diffusion 1 and 2 are conditioned on.</summary>
    public Value Last { get; }

    /// <summary>The number of layers.</summary>
    public int Layers => _states.Count - 1;

    /// <summary>The states some layers before the last.</summary>
    /// <param name="skip">How many layers are left out; 0 is the last layer, 1 the last but one ("clip skip 2" where counting starts at 1).</param>
    /// <param name="normalize">Whether the final layer norm is applied.</param>
    public Value Skip(int skip, bool normalize = true)
    {
        if (skip < 0 || skip >= Layers)
        {
            throw new ArgumentOutOfRangeException(nameof(skip), skip, $"Clip skip must leave out 0 to {Layers - 1} of this text encoder's {Layers} layers.");
        }

        Value state = _states[Layers - skip];
        return normalize ? _norm(state) : state;
    }

    /// <summary>One vector for each text, [texts, 1, 1, P]: the last state at its end token, after the final layer norm and the projection.</summary>
    /// <param name="ends">The end tokens' positions, I32 [texts, 1, 1, 1]; a text of several runs is pooled from the first of them.</param>
    public Value Pooled(Value ends)
    {
        int texts = ends.Shape.Batch, runs = Last.Shape.Batch / texts;
        Value[] rows = [.. Enumerable.Range(0, texts).Select(i => Last.Slice(Axis.Batch, i * runs, 1).Embedding(ends.Slice(Axis.Batch, i, 1)))];
        return _project(rows[0].Concat(Axis.Batch, rows.AsSpan(1)));
    }
}
