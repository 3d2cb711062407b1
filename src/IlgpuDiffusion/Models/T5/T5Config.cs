using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Models;

/// <summary>The sizes of a T5 encoder of version 1.1; defaults are those of transformers' T5Config.</summary>
internal sealed record T5Config
{
    /// <summary>Tokens of the vocabulary.</summary>
    public int VocabularySize { get; init; } = 32128;

    /// <summary>Values of a token.</summary>
    public int Channels { get; init; } = 512;

    /// <summary>Values of a head.</summary>
    public int HeadChannels { get; init; } = 64;

    /// <summary>Values inside the feed-forward layers.</summary>
    public int InnerChannels { get; init; } = 2048;

    /// <summary>The number of layers.</summary>
    public int Layers { get; init; } = 6;

    /// <summary>The heads of each attention.</summary>
    public int Heads { get; init; } = 8;

    /// <summary>Numbers of distances that are told apart, in both directions together.</summary>
    public int Buckets { get; init; } = 32;

    /// <summary>The distance from which on all are one.</summary>
    public int MostDistance { get; init; } = 128;

    /// <summary>ε of the norms.</summary>
    public double NormEpsilon { get; init; } = 1e-6;

    /// <summary>The activation of the feed-forward layers' gates.</summary>
    public Activation Activation { get; init; } = Activation.GeluTanh;

    /// <summary>Reads config.json.</summary>
    /// <exception cref="ModelFileException">A field asks for arithmetic that is not supported; the message names it.</exception>
    public static T5Config Read(ComponentConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        T5Config defaults = new();
        int buckets = config.Positive("relative_attention_num_buckets", defaults.Buckets);
        return new T5Config
        {
            VocabularySize = config.Positive("vocab_size", defaults.VocabularySize),
            Channels = config.Positive("d_model", defaults.Channels),
            HeadChannels = config.Positive("d_kv", defaults.HeadChannels),
            InnerChannels = config.Positive("d_ff", defaults.InnerChannels),
            Layers = config.Positive("num_layers", defaults.Layers),
            Heads = config.Positive("num_heads", defaults.Heads),
            Buckets = buckets % 4 == 0 ? buckets : throw config.Unsupported("relative_attention_num_buckets", "multiples of 4"),
            MostDistance = config.Positive("relative_attention_max_distance", defaults.MostDistance) is var most && most > buckets / 4 ? most : throw config.Unsupported("relative_attention_max_distance", $"numbers above {buckets / 4}"),
            NormEpsilon = config.NotNegative("layer_norm_epsilon", defaults.NormEpsilon),

            // The encoders that condition pictures are of version 1.1; those of version 1 have no gates.
            Activation = config.OneOf("feed_forward_proj", "relu", "gated-gelu", "gated-silu") == "gated-silu" ? Activation.Silu : Activation.GeluTanh,
        };
    }
}
