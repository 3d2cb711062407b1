using System.Text.Json;
using System.Text.Json.Nodes;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Perf;

/// <summary>Writes a diffusers folder of a published model's sizes with random weights; index and scheduler are those of the recorded models.</summary>
internal static class FullSizeModel
{
    // Weights are made in memory and written a shard at a time.
    private const long ShardBytes = 2L << 30;

    private sealed record Part(string Folder, string Keys, string Class, bool OfTransformers = false);

    private sealed record Recipe(string Title, string Recorded, params Part[] Parts);

    private static readonly Part ClipL = new("text_encoder", "sd15.text_encoder", "CLIPTextModel", OfTransformers: true);
    private static readonly Part ProjectedClipL = new("text_encoder", "sd3.text_encoder", "CLIPTextModelWithProjection", OfTransformers: true);
    private static readonly Part ClipG = new("text_encoder_2", "sdxl.text_encoder_2", "CLIPTextModelWithProjection", OfTransformers: true);
    private static readonly Part T5 = new("text_encoder_3", "sd3.text_encoder_3", "T5EncoderModel", OfTransformers: true);
    private static readonly Part Vae = new("vae", "sd.vae", "AutoencoderKL");
    private static readonly Part Vae16 = new("vae", "sd3.vae", "AutoencoderKL");

    private static readonly Dictionary<string, Recipe> Recipes = new()
    {
        ["sd15"] = new("Stable Diffusion 1.5", "sd15", new("unet", "sd15.unet", "UNet2DConditionModel"), Vae, ClipL),
        ["sdxl"] = new("Stable Diffusion XL", "sdxl", new("unet", "sdxl.unet", "UNet2DConditionModel"), Vae, ClipL, ClipG),
        ["sd3-medium"] = new("Stable Diffusion 3 medium without T5", "sd3", new("transformer", "sd3-medium.transformer", "SD3Transformer2DModel"), Vae16, ProjectedClipL, ClipG),
        ["sd3-medium-t5"] = new("Stable Diffusion 3 medium", "sd3", new("transformer", "sd3-medium.transformer", "SD3Transformer2DModel"), Vae16, ProjectedClipL, ClipG, T5),
        ["flux-schnell"] = new("FLUX.1 schnell", "flux-schnell", new("transformer", "flux-schnell.transformer", "FluxTransformer2DModel"), Vae16, ClipL, T5 with { Folder = "text_encoder_2" }),
        ["flux-dev"] = new("FLUX.1 dev", "flux-dev", new("transformer", "flux-dev.transformer", "FluxTransformer2DModel"), Vae16, ClipL, T5 with { Folder = "text_encoder_2" }),
    };

    /// <summary>The models that can be written.</summary>
    public static IReadOnlyCollection<string> Names => Recipes.Keys;

    /// <summary>What a person calls a model.</summary>
    public static string Title(string name) => Recipes[name].Title;

    /// <summary>Writes a model, unless the folder holds one already.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="type">Of the weights.</param>
    /// <param name="name">One of <see cref="Names"/>.</param>
    public static void Write(string folder, ElementType type, string name = "sd15")
    {
        string index = Path.Combine(folder, "model_index.json");
        if (File.Exists(index))
        {
            return;
        }

        Recipe recipe = Recipes[name];
        foreach (Part part in recipe.Parts)
        {
            Write(folder, part, type);
        }

        string recorded = Path.Combine(Checkout.Root, "tests", "golden", "models", recipe.Recorded);
        Directory.CreateDirectory(Path.Combine(folder, "scheduler"));
        File.Copy(Path.Combine(recorded, "scheduler", "scheduler_config.json"), Path.Combine(folder, "scheduler", "scheduler_config.json"), overwrite: true);

        // Components that are left out, and tokenizers: CLIP's and T5's own come with the program.
        JsonObject components = JsonNode.Parse(File.ReadAllText(Path.Combine(recorded, "model_index.json")))!.AsObject();
        foreach (string component in components.Select(entry => entry.Key).Where(key => key.StartsWith("text_encoder", StringComparison.Ordinal) && !recipe.Parts.Any(part => part.Folder == key)).ToArray())
        {
            components[component] = new JsonArray(null, null);
        }

        foreach (string tokenizer in components.Select(entry => entry.Key).Where(key => key.StartsWith("tokenizer", StringComparison.Ordinal)).ToArray())
        {
            components.Remove(tokenizer);
        }

        // Last, so that a folder left unfinished is not taken for a whole one.
        File.WriteAllText(index, components.ToJsonString());
    }

    private static void Write(string folder, Part part, ElementType type)
    {
        string target = Directory.CreateDirectory(Path.Combine(folder, part.Folder)).FullName, file = part.OfTransformers ? "model" : "diffusion_pytorch_model";
        ModelKeys keys = ModelKeys.Whole(part.Keys);
        JsonObject config = JsonNode.Parse(keys.ConfigJson)!.AsObject();
        config[part.OfTransformers ? "architectures" : "_class_name"] = part.OfTransformers ? new JsonArray(part.Class) : part.Class;
        File.WriteAllText(Path.Combine(target, "config.json"), config.ToJsonString());
        (string Name, long[] Shape)[][] shards = [.. Shards(keys.Shapes, type)];
        Dictionary<string, string> files = [];
        for (int i = 0; i < shards.Length; i++)
        {
            string shard = shards.Length == 1 ? $"{file}.safetensors" : $"{file}-{i + 1:00000}-of-{shards.Length:00000}.safetensors";
            using WeightStore weights = WeightStore.Synthetic(shards[i], type);
            SafetensorsWriter writer = new();
            foreach (WeightTensor tensor in weights.Tensors)
            {
                writer.Add(tensor);
                files[tensor.Name] = shard;
            }

            writer.Save(Path.Combine(target, shard));
        }

        if (shards.Length > 1)
        {
            File.WriteAllText(Path.Combine(target, $"{file}.safetensors.index.json"), JsonSerializer.Serialize(new { metadata = new { }, weight_map = files }));
        }
    }

    private static IEnumerable<(string Name, long[] Shape)[]> Shards(IReadOnlyList<(string Name, long[] Shape)> shapes, ElementType type)
    {
        List<(string Name, long[] Shape)> shard = [];
        long bytes = 0;
        foreach ((string Name, long[] Shape) tensor in shapes)
        {
            long own = tensor.Shape.Aggregate((long)type.Size(), (product, size) => product * size);
            if (bytes > 0 && bytes + own > ShardBytes)
            {
                yield return [.. shard];
                shard.Clear();
                bytes = 0;
            }

            shard.Add(tensor);
            bytes += own;
        }

        yield return [.. shard];
    }
}
