using System.Text.Json.Nodes;

namespace IlgpuDiffusion.Families;

/// <summary>The configuration of FLUX.1's transformer from the names and shapes of its tensors; how a head's channels are divided among the axes is that of every published one.</summary>
internal static class FluxShape
{
    public static JsonObject Config(PartShapes shapes)
    {
        int head = shapes.Size("transformer_blocks.0.attn.norm_q.weight", 0);
        return new JsonObject
        {
            ["in_channels"] = shapes.Size("x_embedder.weight", 1),
            ["num_layers"] = shapes.Count(i => $"transformer_blocks.{i}.norm1.linear.weight"),
            ["num_single_layers"] = shapes.Count(i => $"single_transformer_blocks.{i}.norm.linear.weight"),
            ["attention_head_dim"] = head,
            ["num_attention_heads"] = shapes.Size("x_embedder.weight", 0) / Math.Max(1, head),
            ["joint_attention_dim"] = shapes.Size("context_embedder.weight", 1),
            ["pooled_projection_dim"] = shapes.Size("time_text_embed.text_embedder.linear_1.weight", 1),
            ["guidance_embeds"] = shapes.Has("time_text_embed.guidance_embedder.linear_1.weight"),
            ["axes_dims_rope"] = UNetShape.List([16, 56, 56]),
        };
    }
}
