using System.Text.Json.Nodes;

namespace IlgpuDiffusion.Families;

/// <summary>The configuration of Stable Diffusion 3's transformer from the names and shapes of its tensors.</summary>
internal static class MmditShape
{
    // In every published one.
    private const int HeadWidth = 64;

    public static JsonObject Config(PartShapes shapes)
    {
        const string Patches = "pos_embed.proj.weight";
        int channels = shapes.Size(Patches, 0), patch = shapes.Size(Patches, 2), layers = shapes.Count(i => $"transformer_blocks.{i}.norm1.linear.weight");
        return new JsonObject
        {
            ["sample_size"] = 128,
            ["patch_size"] = patch,
            ["in_channels"] = shapes.Size(Patches, 1),
            ["out_channels"] = shapes.Size("proj_out.weight", 0) / Math.Max(1, patch * patch),
            ["num_layers"] = layers,
            ["attention_head_dim"] = HeadWidth,
            ["num_attention_heads"] = Math.Max(1, channels / HeadWidth),
            ["joint_attention_dim"] = shapes.Size("context_embedder.weight", 1),
            ["caption_projection_dim"] = shapes.Size("context_embedder.weight", 0),
            ["pooled_projection_dim"] = shapes.Size("time_text_embed.text_embedder.linear_1.weight", 1),
            ["pos_embed_max_size"] = (int)Math.Sqrt(shapes.Size("pos_embed.pos_embed", 1)),
            ["dual_attention_layers"] = UNetShape.List(Enumerable.Range(0, layers).Where(i => shapes.Has($"transformer_blocks.{i}.attn2.to_q.weight"))),
            ["qk_norm"] = shapes.Has("transformer_blocks.0.attn.norm_q.weight") ? "rms_norm" : null,
        };
    }
}
