using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>A copy of a tiny model that a test may damage; deleted at the end.</summary>
internal sealed class ModelCopy : IDisposable
{
    public ModelCopy(string? model = null)
    {
        model ??= TestModels.Tiny;
        Folder = Directory.CreateTempSubdirectory("ilgpu-diffusion-model-").FullName;
        foreach (string file in Directory.GetFiles(model, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(Folder, Path.GetRelativePath(model, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    public string Folder { get; }

    public string this[string relative] => Path.Combine(Folder, relative);

    public static string FileOf(string component) => component == "text_encoder" ? "text_encoder/model.safetensors" : $"{component}/diffusion_pytorch_model.safetensors";

    /// <summary>Writes a component's weights anew; the change maps a tensor to its new name and values, or null to leave it out.</summary>
    /// <returns>The names before the change.</returns>
    public IReadOnlyList<string> Rewrite(string component, Func<string, float[], (string Name, float[] Values)?> change, params ReadOnlySpan<(string Name, float[] Values)> extra)
    {
        string file = this[FileOf(component)];
        GoldenTensors tensors = GoldenTensors.Load(file);
        SafetensorsWriter writer = new();
        foreach (string name in tensors.Names)
        {
            if (change(name, tensors.Floats(name)) is { } changed)
            {
                writer.Add(changed.Name, ElementType.F32, tensors.Shape(name), MemoryMarshal.AsBytes(changed.Values.AsSpan()).ToArray());
            }
        }

        foreach ((string name, float[] values) in extra)
        {
            writer.Add(name, [values.Length], values);
        }

        writer.Save(file);
        return [.. tensors.Names];
    }

    /// <summary>Takes components of another model.</summary>
    public void Share(string model, params ReadOnlySpan<string> components)
    {
        foreach (string component in components)
        {
            Directory.CreateDirectory(this[component]);
            foreach (string file in Directory.GetFiles(Path.Combine(model, component)))
            {
                File.Copy(file, Path.Combine(this[component], Path.GetFileName(file)));
            }
        }
    }

    /// <summary>Leaves components out, as model_index.json writes it.</summary>
    public void LeaveOut(params ReadOnlySpan<string> components)
    {
        JsonObject index = (JsonObject)JsonNode.Parse(File.ReadAllText(this["model_index.json"]))!;
        foreach (string component in components)
        {
            index[component] = new JsonArray(null, null);
            Directory.Delete(this[component], recursive: true);
        }

        File.WriteAllText(this["model_index.json"], index.ToJsonString());
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
