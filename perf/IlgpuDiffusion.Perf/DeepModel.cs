using System.Text.Json.Nodes;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Perf;

/// <summary>A folder of the recorded tiny Stable Diffusion 3 with as many blocks as the published one has: each new block has random weights of the mean and spread of a recorded block's.</summary>
internal static class DeepModel
{
    private const string Blocks = "transformer_blocks.";

    /// <summary>Writes it.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="blocks">How many blocks.</param>
    public static void Write(string folder, int blocks)
    {
        string recorded = Path.Combine(Checkout.Root, "tests", "golden", "models", "sd3");
        foreach (string file in Directory.GetFiles(recorded, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(folder, Path.GetRelativePath(recorded, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy, overwrite: true);
        }

        string config = Path.Combine(folder, "transformer", "config.json"), weights = Path.Combine(folder, "transformer", "diffusion_pytorch_model.safetensors");
        JsonNode json = JsonNode.Parse(File.ReadAllText(config))!;
        int last = json["num_layers"]!.GetValue<int>() - 1;
        json["num_layers"] = blocks;
        File.WriteAllText(config, json.ToJsonString());

        // The last block's text ends there, so it has fewer weights.
        GoldenTensors tensors = GoldenTensors.Load(weights);
        SafetensorsWriter writer = new();
        Random random = new(5);
        foreach (string name in tensors.Names)
        {
            long[] shape = tensors.Shape(name);
            float[] values = tensors.Floats(name);
            string first = $"{Blocks}0.", end = $"{Blocks}{last}.";
            if (!name.StartsWith(Blocks, StringComparison.Ordinal))
            {
                writer.Add(name, shape, values);
            }
            else if (name.StartsWith(first, StringComparison.Ordinal))
            {
                for (int block = 0; block < blocks - 1; block++)
                {
                    writer.Add($"{Blocks}{block}.{name[first.Length..]}", shape, Like(values, random));
                }
            }
            else if (name.StartsWith(end, StringComparison.Ordinal))
            {
                writer.Add($"{Blocks}{blocks - 1}.{name[end.Length..]}", shape, Like(values, random));
            }
        }

        writer.Save(weights);
    }

    private static float[] Like(float[] values, Random random)
    {
        double mean = values.Average(), spread = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
        return [.. values.Select(_ => (float)(mean + (spread * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))))];
    }
}
