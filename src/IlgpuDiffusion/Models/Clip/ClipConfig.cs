using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Models;

/// <summary>The sizes of a CLIP text encoder; defaults are those of transformers' CLIPTextConfig.</summary>
internal sealed record ClipConfig
{
    // Written into configurations of models whose end token is another: the reference then takes the largest id.
    private const int UnknownEnd = 2;

    /// <summary>Tokens of the vocabulary.</summary>
    public int VocabularySize { get; init; } = 49408;

    /// <summary>Values of a token.</summary>
    public int Channels { get; init; } = 512;

    /// <summary>Values inside the feed-forward layers.</summary>
    public int InnerChannels { get; init; } = 2048;

    /// <summary>The number of layers.</summary>
    public int Layers { get; init; } = 12;

    /// <summary>The heads of each attention.</summary>
    public int Heads { get; init; } = 8;

    /// <summary>The number of tokens of one prompt.</summary>
    public int Positions { get; init; } = 77;

    /// <summary>The activation of the feed-forward layers.</summary>
    public Activation Activation { get; init; } = Activation.QuickGelu;

    /// <summary>ε of the layer norms.</summary>
    public double NormEpsilon { get; init; } = 1e-5;

    /// <summary>Channels of the projection to the space that texts and pictures share.</summary>
    public int ProjectionChannels { get; init; } = 512;

    /// <summary>The token whose state stands for the whole text, the first of them; null where it is the first of the largest id.</summary>
    public int? EndToken { get; init; }

    /// <summary>Reads config.json.</summary>
    public static ClipConfig Read(ComponentConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);

        // The file of a whole CLIP holds that of its text encoder, which alone counts then, as in transformers.
        config = config.Text("model_type", string.Empty) == "clip" ? config.Child("text_config") : config;
        ClipConfig defaults = new();
        int channels = config.Positive("hidden_size", defaults.Channels), heads = config.Positive("num_attention_heads", defaults.Heads);
        config.RequireDivides("num_attention_heads", heads, [channels], "'hidden_size'");
        return new ClipConfig
        {
            VocabularySize = config.Positive("vocab_size", defaults.VocabularySize),
            Channels = channels,
            InnerChannels = config.Positive("intermediate_size", defaults.InnerChannels),
            Layers = config.Positive("num_hidden_layers", defaults.Layers),
            Heads = heads,
            Positions = config.Positive("max_position_embeddings", defaults.Positions),
            Activation = config.Activation("hidden_act", "quick_gelu"),
            NormEpsilon = config.NotNegative("layer_norm_eps", defaults.NormEpsilon),
            ProjectionChannels = config.Positive("projection_dim", defaults.ProjectionChannels),
            EndToken = config.Int("eos_token_id", UnknownEnd) is not UnknownEnd and var end ? end : null,
        };
    }
}
