using System.Text.Json.Nodes;

namespace IlgpuDiffusion.Families;

/// <summary>A ControlNet's configuration from the names and shapes of its tensors; heads are those of the UNet that it is used with.</summary>
internal static class ControlNetShape
{
    public static JsonObject Config(PartShapes shapes)
    {
        const string Hint = "controlnet_cond_embedding";
        JsonObject config = UNetShape.Config(shapes);
        config.Remove("out_channels");
        int halved = shapes.Count(i => $"{Hint}.blocks.{(2 * i) + 1}.weight");
        config["conditioning_channels"] = shapes.Size($"{Hint}.conv_in.weight", 1);
        config["conditioning_embedding_out_channels"] = UNetShape.List(
            Enumerable.Range(0, halved).Select(i => shapes.Size($"{Hint}.blocks.{(2 * i) + 1}.weight", 0)).Prepend(shapes.Size($"{Hint}.conv_in.weight", 0)));
        return config;
    }
}
