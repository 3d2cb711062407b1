using System.Text.Json.Nodes;

namespace IlgpuDiffusion.Families;

/// <summary>A UNet's configuration from the names and shapes of its tensors. What they do not say, such as the number of heads, is its family's.</summary>
internal static class UNetShape
{
    private const int TimeIdChannels = 256;

    public static JsonObject Config(PartShapes shapes)
    {
        int levels = shapes.Count(i => $"down_blocks.{i}.resnets.0.conv1.weight");
        string[] cross = [.. Enumerable.Range(0, levels).Select(i => $"down_blocks.{i}.attentions.0.")];
        bool[] attends = [.. cross.Select(module => shapes.Has($"{module}norm.weight"))];
        string middle = "mid_block.attentions.0.";
        string first = shapes.Has($"{middle}norm.weight") ? middle : cross.FirstOrDefault(module => shapes.Has($"{module}norm.weight"), middle);
        bool[] attendsUp = [.. Enumerable.Range(0, levels).Select(i => shapes.Has($"up_blocks.{i}.attentions.0.norm.weight"))];

        // The middle has as many as the last level, which may have none of its own.
        int Transformers(string module) => shapes.Count(i => $"{module}transformer_blocks.{i}.norm1.weight");
        JsonObject config = new()
        {
            ["in_channels"] = shapes.Size("conv_in.weight", 1),
            ["out_channels"] = shapes.Size("conv_out.weight", 0),
            ["block_out_channels"] = List(Enumerable.Range(0, levels).Select(i => shapes.Size($"down_blocks.{i}.resnets.0.conv1.weight", 0))),
            ["layers_per_block"] = List(Enumerable.Range(0, levels).Select(i => shapes.Count(j => $"down_blocks.{i}.resnets.{j}.conv1.weight"))),
            ["down_block_types"] = new JsonArray([.. attends.Select(a => (JsonNode)(a ? "CrossAttnDownBlock2D" : "DownBlock2D"))]),
            ["up_block_types"] = new JsonArray([.. attendsUp.Select(a => (JsonNode)(a ? "CrossAttnUpBlock2D" : "UpBlock2D"))]),
            ["mid_block_type"] = shapes.Has($"{middle}norm.weight") ? "UNetMidBlock2DCrossAttn" : shapes.Has("mid_block.resnets.0.conv1.weight") ? "UNetMidBlock2D" : null,
            ["cross_attention_dim"] = shapes.Size($"{first}transformer_blocks.0.attn2.to_k.weight", 1),
            ["transformer_layers_per_block"] = List(cross.Select((module, level) => Math.Max(1, Transformers(attends[level] || level < levels - 1 ? module : middle)))),
            ["use_linear_projection"] = shapes.Axes($"{first}proj_in.weight") == 2,
        };
        if (shapes.Has("add_embedding.linear_1.weight"))
        {
            config["addition_embed_type"] = "text_time";
            config["addition_time_embed_dim"] = TimeIdChannels;
            config["projection_class_embeddings_input_dim"] = shapes.Size("add_embedding.linear_1.weight", 1);
        }

        if (shapes.Has("time_embedding.cond_proj.weight"))
        {
            config["time_cond_proj_dim"] = shapes.Size("time_embedding.cond_proj.weight", 1);
        }

        return config;
    }

    /// <summary>Heads of a fixed width, as in every generation but the first.</summary>
    public static void HeadsOf(int width, JsonObject config) =>
        config["attention_head_dim"] = List(config["block_out_channels"]!.AsArray().Select(channels => Math.Max(1, channels!.GetValue<int>() / width)));

    internal static JsonArray List(IEnumerable<int> numbers) => new([.. numbers.Select(number => (JsonNode)number)]);
}
