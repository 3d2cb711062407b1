using System.Runtime.InteropServices;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Pipelines;
using IlgpuDiffusion.Tests.Weights;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Families;

/// <summary>Denoisers from GGUF files as people share them: the original names without prefix, the other parts from elsewhere.</summary>
[TestClass]
public sealed class GgufGoldenTests
{
    private const uint F32 = 0;
    private const uint F16 = 1;
    private const uint Q4Zero = 2;
    private const uint Q8Zero = 8;

    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void CleanUp() => _folder.Dispose();

    [TestMethod]
    [DataRow("sd15", F32)]
    [DataRow("sdxl", F32)]
    [DataRow("sd3", F32)]
    [DataRow("flux-dev", F32)]
    [DataRow("sd35", F16)]
    [DataRow("sd3", Q8Zero)]
    [DataRow("flux-dev", Q4Zero)]
    public async Task ADenoiserIsThatOfASafetensorsFileWithTheSameNumbers(string model, uint type)
    {
        SafetensorsWriter plain = new();
        GgufWriter gguf = new GgufWriter().Text("general.architecture", model.Split('-')[0]);
        foreach ((string name, long[] shape, float[] values) in Denoiser(model))
        {
            // Converters leave norms and biases as they are.
            uint stored = shape.Length < 2 ? F32 : type is Q4Zero or Q8Zero && shape[^1] % 32 != 0 ? F16 : type;
            (byte[] data, float[] numbers) = Stored(values, stored);
            if (stored == F32 && shape.Length == 4 && values.Length % 256 == 0)
            {
                // As ComfyUI-GGUF cuts kernels.
                gguf.Ints($"comfy.gguf.orig_shape.{name}", shape);
                gguf.Add(name, stored, [values.Length / 256, 256], data);
            }
            else
            {
                gguf.Add(name, stored, shape, data);
            }

            // What has 16 bits, or is made with 16, is the same in a file that holds these.
            plain.Add(name, stored == F32 ? Graphs.ElementType.F32 : Graphs.ElementType.F16, shape, stored == F32 ? data : MemoryMarshal.AsBytes(numbers.Select(number => (Half)number).ToArray().AsSpan()).ToArray());
        }

        PipelineOptions options = new() { Threads = 2, Config = Golden.Find($"models/{model}"), Files = OtherParts(model) };
        plain.Save(_folder["a model.safetensors"]);
        gguf.Save(_folder["a model.gguf"]);
        await using DiffusionPipeline expected = DiffusionPipeline.Open(_folder["a model.safetensors"], options);
        await using DiffusionPipeline actual = DiffusionPipeline.Open(_folder["a model.gguf"], options);
        CollectionAssert.AreEqual(await expected.Latents(TestModels.Small), await actual.Latents(TestModels.Small));

        // Once more, after what was made was given back.
        CollectionAssert.AreEqual(await expected.Latents(TestModels.Small with { Width = 32 }), await actual.Latents(TestModels.Small with { Width = 32 }));
        if (type == F32)
        {
            await using DiffusionPipeline folder = TestModels.Open(Golden.Find($"models/{model}"));
            CollectionAssert.AreEqual((await folder.Pixels(TestModels.Small))[0], (await actual.Pixels(TestModels.Small))[0]);
        }
    }

    [TestMethod]
    public async Task T5IsReadUnderLlamaCppsNames()
    {
        (string From, string To)[] names =
        [
            ("encoder.block.", "enc.blk."), ("encoder.final_layer_norm.", "enc.output_norm."), ("layer.0.SelfAttention.relative_attention_bias.", "attn_rel_b."),
            ("layer.0.SelfAttention.", "attn_"), ("layer.0.layer_norm.", "attn_norm."), ("layer.1.DenseReluDense.wi_0.", "ffn_gate."), ("layer.1.DenseReluDense.wi_1.", "ffn_up."),
            ("layer.1.DenseReluDense.wo.", "ffn_down."), ("layer.1.layer_norm.", "ffn_norm."), ("shared.", "token_embd."),
        ];
        GoldenTensors t5 = GoldenTensors.Load(Golden.Find("models/sd3/text_encoder_3/model.safetensors"));
        GgufWriter gguf = new GgufWriter().Text("general.architecture", "t5encoder");
        foreach (string name in t5.Names.Where(name => name != "encoder.embed_tokens.weight"))
        {
            gguf.Add(names.Aggregate(name, (text, pair) => text.Replace(pair.From, pair.To, StringComparison.Ordinal)), F32, t5.Shape(name), Stored(t5.Floats(name), F32).Data);
        }

        await using DiffusionPipeline folder = TestModels.Open(Golden.Find("models/sd3"));
        PipelineOptions options = new() { Threads = 2, Files = new Dictionary<string, string> { ["t5xxl"] = gguf.Save(_folder["t5.gguf"]) } };
        await using DiffusionPipeline supplied = DiffusionPipeline.Open(Golden.Find("models/sd3"), options);
        CollectionAssert.AreEqual(await folder.Latents(TestModels.Small), await supplied.Latents(TestModels.Small));
    }

    [TestMethod]
    public void AFileOfAnotherArchitectureIsToldOf()
    {
        GgufWriter gguf = new GgufWriter().Text("general.architecture", "ltxv");
        gguf.Add("blk.0.attn_q.weight", F32, [1], new byte[4]);
        string message = Assert.ThrowsExactly<ModelFileException>(() => DiffusionPipeline.Open(gguf.Save(_folder["x.gguf"]))).Message;
        StringAssert.Contains(message, "its header says 'ltxv', and its tensors are named 'blk.0.attn_q.weight'");
        StringAssert.Contains(message, "FLUX.1 dev");
        StringAssert.Contains(Assert.Throws<ModelFileException>(() => LoraFile.Open(_folder["x.gguf"], "x")).Message, "It is a GGUF file");
    }

    private static Dictionary<string, string> OtherParts(string model)
    {
        string folder = Golden.Find($"models/{model}");
        (string Option, string Component)[] parts = model switch
        {
            "sd15" => [("clip-l", "text_encoder")],
            "sdxl" => [("clip-l", "text_encoder"), ("clip-g", "text_encoder_2")],
            "flux-dev" => [("clip-l", "text_encoder"), ("t5xxl", "text_encoder_2")],
            _ => [("clip-l", "text_encoder"), ("clip-g", "text_encoder_2"), ("t5xxl", "text_encoder_3")],
        };
        return parts.Append(("vae", "vae")).ToDictionary(part => part.Item1, part => Path.Combine(folder, part.Item2));
    }

    private IEnumerable<(string Name, long[] Shape, float[] Values)> Denoiser(string model)
    {
        const string Prefix = "model.diffusion_model.";
        SingleFile.Write(model, _folder["whole.safetensors"]);
        GoldenTensors whole = GoldenTensors.Load(_folder["whole.safetensors"]);
        return [.. whole.Names.Where(name => model == "flux-dev" || name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => (name.Replace(Prefix, "", StringComparison.Ordinal), whole.Shape(name).ToArray(), whole.Floats(name)))];
    }

    // A tensor's bytes as a simple converter writes them, and the numbers that they stand for.
    private static (byte[] Data, float[] Numbers) Stored(float[] values, uint type)
    {
        if (type == F32)
        {
            return (MemoryMarshal.AsBytes(values.AsSpan()).ToArray(), values);
        }

        if (type == F16)
        {
            Half[] halves = [.. values.Select(value => (Half)value)];
            return (MemoryMarshal.AsBytes(halves.AsSpan()).ToArray(), [.. halves.Select(half => (float)half)]);
        }

        List<byte> data = [];
        List<float> numbers = [];
        int least = type == Q8Zero ? -127 : -8, most = type == Q8Zero ? 127 : 7;
        foreach (float[] block in values.Chunk(32))
        {
            Half scale = (Half)(block.Max(Math.Abs) / most);
            int[] whole = [.. block.Select(value => (float)scale == 0 ? 0 : Math.Clamp((int)Math.Round(value / (float)scale), least, most))];
            data.AddRange(BitConverter.GetBytes(scale));
            data.AddRange(type == Q8Zero ? whole.Select(number => (byte)(sbyte)number) : Enumerable.Range(0, 16).Select(i => (byte)((whole[i] + 8) | ((whole[i + 16] + 8) << 4))));
            numbers.AddRange(whole.Select(number => (float)scale * number));
        }

        return ([.. data], [.. numbers]);
    }
}
