using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Families;

/// <summary>Writes a model's folder as one file in its original layout, by a recipe that was made by comparing numbers and holds for weights of any seed.</summary>
internal static class SingleFile
{
    /// <param name="model">The model.</param>
    /// <param name="path">The file to write.</param>
    /// <param name="isKept">Which of the file's tensors are written; all by default.</param>
    /// <param name="metadata">A text for the header.</param>
    /// <param name="name">What a tensor is called in place of its original name.</param>
    public static void Write(string model, string path, Func<string, bool>? isKept = null, (string Key, string Text)? metadata = null, Func<string, string>? name = null)
    {
        using GZipStream stream = new(File.OpenRead(Path.Combine(Golden.Checkout, "tests", "golden", "single-file", $"{model}.recipe.json.gz")), CompressionMode.Decompress);
        using JsonDocument recipe = JsonDocument.Parse(stream);
        Dictionary<string, GoldenTensors> components = [];
        GoldenTensors Of(string component) => components.TryGetValue(component, out GoldenTensors? known) ? known
            : components[component] = GoldenTensors.Load(Directory.GetFiles(Golden.Find($"models/{(model == "flux-ae" ? "flux-dev" : model)}/{component}"), "*.safetensors").Single());
        SafetensorsWriter writer = new();
        if (metadata is { } text)
        {
            writer.Metadata.Add(text.Key, text.Text);
        }

        foreach (JsonProperty entry in recipe.RootElement.EnumerateObject().Where(entry => isKept?.Invoke(entry.Name) != false))
        {
            long[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())];
            JsonElement[] sources = [.. entry.Value.GetProperty("from").EnumerateArray()];
            ElementType type = entry.Value.GetProperty("type").GetString() switch { "I64" => ElementType.I64, "F64" => ElementType.F64, _ => ElementType.F32 };
            float[] values = [.. sources.SelectMany(source => Rows(Of(source[0].GetString()!), source))];
            writer.Add(name?.Invoke(entry.Name) ?? entry.Name, type, shape, sources.Length == 0 ? new byte[shape.Aggregate(1L, (a, b) => a * b) * type.Size()]
                : MemoryMarshal.AsBytes((entry.Value.GetProperty("transposed").GetBoolean() ? Transposed(values, shape) : values).AsSpan()).ToArray());
        }

        writer.Save(path);
    }

    private static float[] Rows(GoldenTensors tensors, JsonElement source)
    {
        string name = source[1].GetString()!;
        float[] all = tensors.Floats(name);
        int row = all.Length / (int)tensors.Shape(name)[0];
        return source.GetArrayLength() == 2 ? all : all.AsSpan(source[2].GetInt32() * row, source[3].GetInt32() * row).ToArray();
    }

    private static float[] Transposed(float[] values, long[] shape) =>
        [.. Enumerable.Range(0, values.Length).Select(i => values[(i % shape[1] * shape[0]) + (i / shape[1])])];
}
