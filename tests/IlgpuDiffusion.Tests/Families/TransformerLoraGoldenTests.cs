using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Pipelines;
using IlgpuDiffusion.Tests.Weights;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Families;

/// <summary>LoRAs of SD3's and FLUX.1's transformers and of their CLIP encoders in every layout: the same as weights that the test has changed itself, W + weight · (alpha / rank) · up · down.</summary>
[TestClass]
public sealed class TransformerLoraGoldenTests
{
    private const int Rank = 2;
    private const double Weight = 0.7;

    // As for LoRAs against recordings: both are the same sum, of single-precision products in one, of f64 in the other.
    private const double Bound = 5e-5;

    private readonly TemporaryFolder _folder = new();
    private readonly Random _random = new(5);

    [TestCleanup]
    public void CleanUp() => _folder.Dispose();

    [TestMethod]
    [DataRow("sd3", "lora_unet_", "lora_te1_", "kohya")]
    [DataRow("sd35", "lora_unet_", "lora_te1_", "kohya")]
    [DataRow("flux-dev", "lora_unet_", "lora_te1_", "kohya")]
    [DataRow("flux-dev", "diffusion_model.", "text_encoder.", "peft")]
    [DataRow("sd3", "model.diffusion_model.", "text_encoder.", "diffusers")]
    public async Task NamesOfTheOriginalCodeChangeWhatIsStackedAndSwappedThere(string model, string network, string text, string layout)
    {
        // Changed where the modules are what the names say: in the original layout.
        SingleFile.Write(model, _folder["plain.safetensors"]);
        string prefix = model.StartsWith("flux", StringComparison.Ordinal) ? "" : "model.diffusion_model.";
        string clip = prefix.Length == 0 ? "-" : "text_encoders.clip_l.transformer.";
        Change(model, layout, _folder["plain.safetensors"], _folder["merged.safetensors"], name =>
            name.StartsWith(clip, StringComparison.Ordinal) ? Text(text, name[clip.Length..]) : name.StartsWith(prefix, StringComparison.Ordinal) && !IsOther(name) ? Module(network, name[prefix.Length..]) : null);
        PipelineOptions options = new() { Threads = 2, Config = Golden.Find($"models/{model}"), Files = prefix.Length > 0 ? new Dictionary<string, string>() : new() { ["clip-l"] = Component(model, "text_encoder"), ["t5xxl"] = Component(model, "text_encoder_2"), ["vae"] = Component(model, "vae") } };
        await using DiffusionPipeline merged = DiffusionPipeline.Open(_folder["merged.safetensors"], options);
        await using DiffusionPipeline plain = TestModels.Open(Golden.Find($"models/{model}"));
        await AssertSame(merged, plain);
    }

    [TestMethod]
    [DataRow("sd3", "transformer.", "text_encoder_2.", "peft")]
    [DataRow("sd35", "base_model.model.transformer.", "-", "peft")]
    [DataRow("flux-dev", "transformer.", "text_encoder.", "peft")]
    [DataRow("flux-dev", "lora_transformer_", "lora_te1_", "kohya")]
    [DataRow("sd3", "transformer.", "-", "diffusers")]
    public async Task DiffusersNamesChangeTheirModules(string model, string network, string text, string layout)
    {
        using ModelCopy copy = new(Golden.Find($"models/{model}"));
        string encoder = text == "text_encoder_2." ? "text_encoder_2" : "text_encoder";
        Change(model, layout, Component(model, "transformer"), Directory.GetFiles(copy["transformer"], "*.safetensors").Single(), name => Module(network, name));
        if (text != "-")
        {
            string lora = _folder["lora.safetensors"];
            File.Move(lora, _folder["first.safetensors"]);
            Change(model, layout, Component(model, encoder), Directory.GetFiles(copy[encoder], "*.safetensors").Single(), name => Text(text, name));
            Join(_folder["first.safetensors"], lora);
        }

        await using DiffusionPipeline merged = TestModels.Open(copy.Folder);
        await using DiffusionPipeline plain = TestModels.Open(Golden.Find($"models/{model}"));
        await AssertSame(merged, plain);
    }

    [TestMethod]
    public async Task AModuleThatIsNotThereIsNamedWithTheNearest()
    {
        await using DiffusionPipeline flux = TestModels.Open(Golden.Find("models/flux-dev"));
        await using DiffusionPipeline sd3 = TestModels.Open(Golden.Find("models/sd3"));
        StringAssert.Contains(Refused(flux, "lora_unet_double_blocks_0_img_attn_qkw", 96, 32), "The nearest name is 'double_blocks_0_img_attn_qkv'");
        StringAssert.Contains(Refused(flux, "lora_unet_double_blocks_0_img_attn_qkv", 64, 32), "is for a weight of [64, 32]");
        StringAssert.Contains(Refused(flux, "lora_unet_joint_blocks_0_x_block_attn_qkv", 96, 32), "which 'flux-dev' (FLUX.1 dev) does not have");
        StringAssert.Contains(Refused(sd3, "lora_unet_joint_blocks_0_x_block_attn_qk", 96, 32), "The nearest name is 'joint_blocks_0_x_block_attn_qkv'");
        StringAssert.Contains(Refused(sd3, "transformer.transformer_blocks.0.attn.to_w", 32, 32), "The nearest name is 'transformer_blocks_0_attn_to_");
        StringAssert.Contains(Refused(sd3, "lora_te3_encoder_block_0_layer_0_SelfAttention_q", 24, 64), "of a T5 text encoder, which is not supported");
    }

    [TestMethod]
    public async Task EncodersKeepTheirNumbersWhereOneIsLeftOut()
    {
        using ModelCopy copy = new(Golden.Find("models/sd3")), changed = new(Golden.Find("models/sd3"));
        copy.LeaveOut("text_encoder");
        changed.LeaveOut("text_encoder");
        Change("sd3", "kohya", Component("sd3", "text_encoder_2"), Directory.GetFiles(changed["text_encoder_2"], "*.safetensors").Single(), name => Text("lora_te2_", name));
        await using DiffusionPipeline plain = TestModels.Open(copy.Folder);
        await using DiffusionPipeline merged = TestModels.Open(changed.Folder);
        await AssertSame(merged, plain);
        StringAssert.Contains(Refused(plain, "lora_te1_text_model_encoder_layers_0_mlp_fc1", 48, 24), "has no such text encoder");
    }

    private static string Refused(DiffusionPipeline pipeline, string module, int outputs, int inputs)
    {
        using TemporaryFolder folder = new();
        SafetensorsWriter writer = new();
        writer.Add($"{module}.lora_down.weight", [Rank, inputs], new float[Rank * inputs]);
        writer.Add($"{module}.lora_up.weight", [outputs, Rank], new float[Rank * outputs]);
        writer.Save(folder["x.safetensors"]);
        return Assert.ThrowsExactly<ModelFileException>(() => pipeline.Plan(TestModels.Small with { Loras = [new Lora(folder["x.safetensors"])] })).Message;
    }

    private static bool IsOther(string name) => name.StartsWith("first_stage_model.", StringComparison.Ordinal) || name.StartsWith("text_encoders.", StringComparison.Ordinal);

    private static string Component(string model, string component) => Directory.GetFiles(Golden.Find($"models/{model}/{component}"), "*.safetensors").Single();

    private static string Module(string prefix, string tensor) => prefix + Path(prefix, tensor);

    // Attention and feed-forward layers: what trainers change.
    private static string? Text(string prefix, string tensor) => prefix != "-" && tensor.Contains(".layers.", StringComparison.Ordinal) ? prefix + Path(prefix, tensor) : null;

    private static string Path(string prefix, string tensor) => prefix.EndsWith('_') ? tensor[..^".weight".Length].Replace('.', '_') : tensor[..^".weight".Length];

    private static void Join(string file, string with)
    {
        SafetensorsWriter writer = new();
        foreach (GoldenTensors tensors in (GoldenTensors[])[GoldenTensors.Load(file), GoldenTensors.Load(with)])
        {
            foreach (string name in tensors.Names)
            {
                writer.Add(name, tensors.Shape(name).ToArray(), tensors.Floats(name));
            }
        }

        writer.Save(with);
    }

    // Writes a LoRA of all matrices that have a name in it, and the file with them changed.
    private void Change(string model, string layout, string from, string to, Func<string, string?> moduleOf)
    {
        GoldenTensors tensors = GoldenTensors.Load(from);
        SafetensorsWriter lora = new(), merged = new();
        int changed = 0;
        foreach (string name in tensors.Names)
        {
            long[] shape = [.. tensors.Shape(name)];
            float[] values = tensors.Floats(name);
            if (shape.Length == 2 && name.EndsWith(".weight", StringComparison.Ordinal) && moduleOf(name) is { } module)
            {
                changed++;
                (int outputs, int inputs) = ((int)shape[0], (int)shape[1]);
                float[] down = Numbers(Rank * inputs), up = Numbers(outputs * Rank);
                (string downName, string upName) = layout switch
                {
                    "kohya" => (".lora_down.weight", ".lora_up.weight"),
                    "peft" => (".lora_A.weight", ".lora_B.weight"),
                    _ => (".lora_linear_layer.down.weight", ".lora_linear_layer.up.weight"),
                };
                lora.Add(module + downName, [Rank, inputs], down);
                lora.Add(module + upName, [outputs, Rank], up);
                double scale = Weight;
                if (layout == "kohya")
                {
                    lora.Add($"{module}.alpha", [], [1.5f]);
                    scale *= 1.5 / Rank;
                }

                values = [.. values.Select((value, i) => (float)(value + (scale * Enumerable.Range(0, Rank).Sum(r => (double)up[(i / inputs * Rank) + r] * down[(r * inputs) + (i % inputs)]))))];
            }

            merged.Add(name, shape, values);
        }

        Assert.IsGreaterThan(10, changed, model);
        lora.Save(_folder["lora.safetensors"]);
        merged.Save(to);
    }

    private async Task AssertSame(DiffusionPipeline merged, DiffusionPipeline plain)
    {
        float[] expected = await merged.Latents(TestModels.Small);
        float[] actual = await plain.Latents(TestModels.Small with { Loras = [new Lora(_folder["lora.safetensors"], Weight)] });
        Console.WriteLine($"measured {GoldenAssert.Close(expected, actual, Bound, "latents")}");
        float[] unchanged = await plain.Latents(TestModels.Small);
        Assert.IsGreaterThan(0.001, expected.Zip(unchanged, (a, b) => Math.Abs(a - b)).Max());
    }

    private float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)((_random.NextDouble() - 0.5) * 0.3))];
}
