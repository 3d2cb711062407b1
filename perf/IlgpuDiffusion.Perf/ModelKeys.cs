using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Perf;

/// <summary>Configuration, names and shapes of the weights of a component.</summary>
internal sealed record ModelKeys(string ConfigJson, IReadOnlyList<(string Name, long[] Shape)> Shapes)
{
    /// <summary>Models whose full sizes are known; their weights are random.</summary>
    public static IReadOnlyList<string> Models { get; } = ["sd15", "sdxl", "sd3-medium"];

    /// <summary>Height and width of the latents that a model was made for; the decoder and the text encoder are measured as SD 1.5's.</summary>
    public static int UsualSize(string network, string model) => (network, model) is ("unet", "sdxl") or ("mmdit", _) ? 128 : 64;

    public ComponentConfig Config => ComponentConfig.Parse(ConfigJson);

    /// <summary>A component of a model: unet, vae or text_encoder.</summary>
    public static ModelKeys Read(string model, string component)
    {
        string name = (model, component) switch
        {
            (_, "vae") => "sd.vae",
            ("sdxl", "text_encoder") => "sdxl.text_encoder_2",
            _ => $"{model}.{component}",
        };
        ModelKeys whole = Whole(name);
        JsonObject config = JsonNode.Parse(whole.ConfigJson)!.AsObject();

        // One small product for each row is all that SDXL's size and crop embedding would add.
        config.Remove("addition_embed_type");
        return new ModelKeys(config.ToJsonString(), [.. whole.Shapes.Where(t => !t.Name.StartsWith("add_embedding.", StringComparison.Ordinal))]);
    }

    /// <summary>A network under its recording's name, as it is.</summary>
    public static ModelKeys Whole(string name)
    {
        using FileStream packed = File.OpenRead(Path.Combine(Checkout.Keys, name + ".json.gz"));
        using GZipStream unpacked = new(packed, CompressionMode.Decompress);
        JsonNode keys = JsonNode.Parse(unpacked)!;
        return new ModelKeys(keys["config"]!.ToJsonString(), [.. keys["tensors"]!.AsObject().Select(t => (t.Key, t.Value.Deserialize<long[]>()!))]);
    }
}
