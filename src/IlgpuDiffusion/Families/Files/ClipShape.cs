using System.Text.Json.Nodes;

namespace IlgpuDiffusion.Families;

/// <summary>A CLIP text encoder's configuration from the names and shapes of its tensors; its activation is that of its family.</summary>
internal static class ClipShape
{
    // In every published one.
    private const int HeadWidth = 64;

    public static JsonObject Config(PartShapes shapes)
    {
        const string Tokens = "text_model.embeddings.token_embedding.weight";
        int channels = shapes.Size(Tokens, 1);
        JsonObject config = new()
        {
            ["vocab_size"] = shapes.Size(Tokens, 0),
            ["hidden_size"] = channels,
            ["intermediate_size"] = shapes.Size("text_model.encoder.layers.0.mlp.fc1.weight", 0),
            ["num_hidden_layers"] = shapes.Count(i => $"text_model.encoder.layers.{i}.layer_norm1.weight"),
            ["num_attention_heads"] = Math.Max(1, channels / HeadWidth),
            ["max_position_embeddings"] = shapes.Size("text_model.embeddings.position_embedding.weight", 0),
        };
        if (shapes.Has("text_projection.weight"))
        {
            config["projection_dim"] = shapes.Size("text_projection.weight", 0);
        }

        return config;
    }
}
