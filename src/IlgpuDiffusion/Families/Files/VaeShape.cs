using System.Text.Json.Nodes;

namespace IlgpuDiffusion.Families;

/// <summary>An autoencoder's configuration from the names and shapes of its tensors; the scale of its latents is its family's.</summary>
internal static class VaeShape
{
    public static JsonObject Config(PartShapes shapes)
    {
        int levels = shapes.Count(i => $"encoder.down_blocks.{i}.resnets.0.conv1.weight");
        return new JsonObject
        {
            ["in_channels"] = shapes.Size("encoder.conv_in.weight", 1),
            ["out_channels"] = shapes.Size("decoder.conv_out.weight", 0),
            ["latent_channels"] = shapes.Size("decoder.conv_in.weight", 1),
            ["block_out_channels"] = UNetShape.List(Enumerable.Range(0, levels).Select(i => shapes.Size($"encoder.down_blocks.{i}.resnets.0.conv1.weight", 0))),
            ["down_block_types"] = new JsonArray([.. Enumerable.Repeat("DownEncoderBlock2D", levels).Select(type => (JsonNode)type)]),
            ["up_block_types"] = new JsonArray([.. Enumerable.Repeat("UpDecoderBlock2D", levels).Select(type => (JsonNode)type)]),
            ["layers_per_block"] = shapes.Count(i => $"encoder.down_blocks.0.resnets.{i}.conv1.weight"),
            ["use_quant_conv"] = shapes.Has("quant_conv.weight"),
            ["use_post_quant_conv"] = shapes.Has("post_quant_conv.weight"),
            ["mid_block_add_attention"] = shapes.Has("decoder.mid_block.attentions.0.group_norm.weight"),
        };
    }
}
