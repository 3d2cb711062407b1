using System.Text.Json.Nodes;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Perf;

/// <summary>Writes a diffusers folder of Stable Diffusion 1.5's sizes with random weights.</summary>
internal static class FullSizeModel
{
    private const string Index = """
        {
          "_class_name": "StableDiffusionPipeline",
          "scheduler": ["diffusers", "DDIMScheduler"],
          "text_encoder": ["transformers", "CLIPTextModel"],
          "tokenizer": ["transformers", "CLIPTokenizer"],
          "unet": ["diffusers", "UNet2DConditionModel"],
          "vae": ["diffusers", "AutoencoderKL"]
        }
        """;

    private const string Scheduler = """
        {
          "_class_name": "DDIMScheduler",
          "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
          "clip_sample": false, "num_train_timesteps": 1000, "prediction_type": "epsilon",
          "set_alpha_to_one": false, "steps_offset": 1, "timestep_spacing": "leading"
        }
        """;

    /// <summary>Writes it, unless the folder holds one already.</summary>
    public static void Write(string folder, ElementType type)
    {
        string index = Path.Combine(folder, "model_index.json");
        if (File.Exists(index))
        {
            return;
        }

        Component(folder, "unet", "UNet2DConditionModel", "diffusion_pytorch_model.safetensors", type);
        Component(folder, "vae", "AutoencoderKL", "diffusion_pytorch_model.safetensors", type);
        Component(folder, "text_encoder", "CLIPTextModel", "model.safetensors", type);
        Directory.CreateDirectory(Path.Combine(folder, "scheduler"));
        File.WriteAllText(Path.Combine(folder, "scheduler", "scheduler_config.json"), Scheduler);
        Directory.CreateDirectory(Path.Combine(folder, "tokenizer"));
        foreach (string file in Directory.EnumerateFiles(Checkout.ClipTokenizer))
        {
            File.Copy(file, Path.Combine(folder, "tokenizer", Path.GetFileName(file)), overwrite: true);
        }

        // Last, so that a folder left unfinished is not taken for a whole one.
        File.WriteAllText(index, Index);
    }

    private static void Component(string folder, string name, string className, string file, ElementType type)
    {
        string target = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        ModelKeys keys = ModelKeys.Read("sd15", name);
        JsonObject config = JsonNode.Parse(keys.ConfigJson)!.AsObject();
        config[name == "text_encoder" ? "architectures" : "_class_name"] = name == "text_encoder" ? new JsonArray(className) : className;
        File.WriteAllText(Path.Combine(target, "config.json"), config.ToJsonString());
        using WeightStore weights = WeightStore.Synthetic(keys.Shapes, type);
        SafetensorsWriter writer = new();
        foreach (WeightTensor tensor in weights.Tensors)
        {
            writer.Add(tensor);
        }

        writer.Save(Path.Combine(target, file));
    }
}
