using System.IO.Compression;
using System.Text.Json;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Perf;

/// <summary>Configuration, names and shapes of a full-size component, from perf/keys.</summary>
internal sealed record ModelKeys(string ConfigJson, IReadOnlyList<(string Name, long[] Shape)> Shapes)
{
    public const string Unet = "sd15.unet";
    public const string Vae = "sd.vae";
    public const string TextEncoder = "sd15.text_encoder";

    public ComponentConfig Config => ComponentConfig.Parse(ConfigJson);

    public static ModelKeys Read(string component)
    {
        using FileStream file = File.OpenRead(Path.Combine(Checkout.Keys, component + ".json.gz"));
        using GZipStream unpacked = new(file, CompressionMode.Decompress);
        using JsonDocument keys = JsonDocument.Parse(unpacked);
        return new ModelKeys(
            keys.RootElement.GetProperty("config").GetRawText(),
            [.. keys.RootElement.GetProperty("tensors").EnumerateObject().Select(t => (t.Name, t.Value.EnumerateArray().Select(n => n.GetInt64()).ToArray()))]);
    }
}
