using System.Text.Json.Nodes;

namespace IlgpuDiffusion.Families;

/// <summary>The configuration of a T5 encoder of version 1.1 from the names and shapes of its tensors.</summary>
internal static class T5Shape
{
    public static JsonObject Config(PartShapes shapes)
    {
        const string First = "encoder.block.0.layer.0.SelfAttention.";
        const string Distances = First + "relative_attention_bias.weight";
        string table = shapes.Has("shared.weight") ? "shared.weight" : "encoder.embed_tokens.weight";
        int heads = shapes.Size(Distances, 1);
        return new JsonObject
        {
            ["vocab_size"] = shapes.Size(table, 0),
            ["d_model"] = shapes.Size(table, 1),
            ["d_kv"] = shapes.Size($"{First}q.weight", 0) / Math.Max(1, heads),
            ["d_ff"] = shapes.Size("encoder.block.0.layer.1.DenseReluDense.wi_0.weight", 0),
            ["num_layers"] = shapes.Count(i => $"encoder.block.{i}.layer.0.SelfAttention.q.weight"),
            ["num_heads"] = heads,
            ["relative_attention_num_buckets"] = shapes.Size(Distances, 0),
            ["feed_forward_proj"] = "gated-gelu",
        };
    }
}
