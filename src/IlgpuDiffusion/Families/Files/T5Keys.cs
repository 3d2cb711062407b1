namespace IlgpuDiffusion.Families;

/// <summary>The names of T5's encoder in transformers and in GGUF files (llama.cpp: constants.py, architecture t5encoder).</summary>
internal static class T5Keys
{
    /// <summary>The layout of transformers.</summary>
    public static PartLayout Transformers { get; } = PartLayout.Canonically("T5 text encoder, transformers' names", "encoder.block.0.layer.0.SelfAttention.q.weight");

    /// <summary>The layout of GGUF files.</summary>
    public static PartLayout LlamaCpp { get; } = PartLayout.OfTable("T5 text encoder, llama.cpp's names", "enc.blk.0.attn_q.weight", tensors => Of(KeyCounts.Blocks(tensors, "enc.blk.")));

    private static readonly KeyPair[] Layers =
    [
        new("attn_q.", "layer.0.SelfAttention.q."),
        new("attn_k.", "layer.0.SelfAttention.k."),
        new("attn_v.", "layer.0.SelfAttention.v."),
        new("attn_o.", "layer.0.SelfAttention.o."),
        new("attn_rel_b.", "layer.0.SelfAttention.relative_attention_bias."),
        new("attn_norm.", "layer.0.layer_norm."),
        new("ffn_gate.", "layer.1.DenseReluDense.wi_0."),
        new("ffn_up.", "layer.1.DenseReluDense.wi_1."),
        new("ffn_down.", "layer.1.DenseReluDense.wo."),
        new("ffn_norm.", "layer.1.layer_norm."),
    ];

    private static KeyTable Of(int blocks) => new(
        [new("token_embd.", "shared."), new("enc.output_norm.", "encoder.final_layer_norm."), .. Enumerable.Range(0, blocks).Select(i => new KeyPair($"enc.blk.{i}.", $"encoder.block.{i}."))],
        [(".block.", Layers)]);
}
