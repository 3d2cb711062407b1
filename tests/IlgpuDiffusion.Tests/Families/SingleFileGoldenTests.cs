using System.Runtime.InteropServices;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Pipelines;
using IlgpuDiffusion.Tests.Weights;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Families;

/// <summary>Models in one file in their original layouts, and networks that are given by themselves.</summary>
[TestClass]
public sealed class SingleFileGoldenTests
{
    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void CleanUp() => _folder.Dispose();

    [TestMethod]
    [DataRow("sd15")]
    [DataRow("sd21")]
    [DataRow("sdxl")]
    [DataRow("sd3")]
    [DataRow("sd35")]
    public async Task AFileIsItsFolderBitForBit(string model)
    {
        SingleFile.Write(model, _folder["a model.safetensors"]);
        await using DiffusionPipeline folder = TestModels.Open(Golden.Find($"models/{model}"));
        await using DiffusionPipeline file = Open(model);
        Assert.AreEqual("a model", file.ModelName);
        await AssertSame(folder, file);
    }

    [TestMethod]
    [DataRow("sd15", "vae", "first_stage_model.")]
    [DataRow("sd15", "clip-l", "cond_stage_model.")]
    [DataRow("sd21", "clip-h", "cond_stage_model.")]
    [DataRow("sdxl", "clip-l", "conditioner.embedders.0.")]
    [DataRow("sdxl", "clip-g", "conditioner.embedders.1.")]
    [DataRow("sd3", "vae", "first_stage_model.")]
    public async Task WhatAFileLacksIsAskedForAndMayBeGiven(string model, string option, string prefix)
    {
        SingleFile.Write(model, _folder["a model.safetensors"], name => !name.StartsWith(prefix, StringComparison.Ordinal));
        ModelFileException missing = Assert.Throws<ModelFileException>(() => Open(model));
        StringAssert.Contains(missing.Message, $"--{option} FILE");

        // From another whole model, from a file of its own without prefix, from a component's folder.
        SingleFile.Write(model, _folder["whole.safetensors"]);
        string component = option switch { "vae" => "vae", "clip-g" => "text_encoder_2", _ => "text_encoder" };
        string own = Golden.Find($"models/{model}/{component}");
        await using DiffusionPipeline folder = TestModels.Open(Golden.Find($"models/{model}"));
        foreach (string given in (string[])[_folder["whole.safetensors"], Directory.GetFiles(own, "*.safetensors").Single(), own])
        {
            PipelineOptions options = Options(model) with { Files = new Dictionary<string, string> { [option] = given } };
            await using DiffusionPipeline supplied = DiffusionPipeline.Open(_folder["a model.safetensors"], options);
            await AssertSame(folder, supplied);
        }
    }

    [TestMethod]
    [DataRow("sd3", "clip-l clip-g t5xxl", "")]
    [DataRow("sd3", "clip-g t5xxl", "text_encoders.clip_l.transformer.")]
    [DataRow("sd3", "clip-l clip-g", "text_encoders.t5xxl.transformer.")]
    public async Task TextEncodersThatATransformersFileLacksMayBeGivenOrLeftOut(string model, string given, string kept)
    {
        string Component(string option) => Golden.Find($"models/{model}/{option switch { "clip-l" => "text_encoder", "clip-g" => "text_encoder_2", _ => "text_encoder_3" }}");
        bool IsKept(string name) => !name.StartsWith("text_encoders.", StringComparison.Ordinal) || (kept.Length > 0 && name.StartsWith(kept, StringComparison.Ordinal));
        SingleFile.Write(model, _folder["a model.safetensors"], IsKept);
        await using DiffusionPipeline folder = TestModels.Open(Golden.Find($"models/{model}"));
        PipelineOptions options = Options(model) with { Files = given.Split(' ').ToDictionary(option => option, option => Directory.GetFiles(Component(option), "*.safetensors").Single()) };
        await using DiffusionPipeline supplied = DiffusionPipeline.Open(_folder["a model.safetensors"], options);
        await AssertSame(folder, supplied);

        if (kept.Length == 0)
        {
            ModelFileException none = Assert.Throws<ModelFileException>(() => Open(model));
            StringAssert.Contains(none.Message, "Give one with --clip-l FILE or --clip-g FILE or --t5xxl FILE");
        }
        else
        {
            await using DiffusionPipeline without = Open(model);
            Assert.HasCount(1, without.Model.Parts.TextWeights);
        }
    }

    [TestMethod]
    [DataRow("flux-dev", "")]
    [DataRow("flux-dev", "model.diffusion_model.")]
    [DataRow("flux-schnell", "")]
    public async Task AFileOfTheTransformerAloneTakesTheOtherPartsFromFiles(string model, string prefix)
    {
        using ModelCopy folder = new(Golden.Find($"models/{model}"));
        if (model == "flux-schnell")
        {
            folder.Share(Golden.Find("models/flux-dev"), "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "vae");
        }

        SingleFile.Write(model, _folder["a model.safetensors"], name: name => prefix + name);
        SingleFile.Write("flux-ae", _folder["ae.safetensors"]);
        Dictionary<string, string> files = new()
        {
            ["vae"] = _folder["ae.safetensors"],
            ["clip-l"] = folder["text_encoder/model.safetensors"],
            ["t5xxl"] = folder["text_encoder_2/model.safetensors"],
        };
        PipelineOptions options = new() { Threads = 2, Config = folder.Folder };
        await using DiffusionPipeline whole = TestModels.Open(folder.Folder);
        await using DiffusionPipeline file = DiffusionPipeline.Open(_folder["a model.safetensors"], options with { Files = files });
        await AssertSame(whole, file);

        string Lacking(string option) => Assert.Throws<ModelFileException>(() => DiffusionPipeline.Open(_folder["a model.safetensors"], options with { Files = files.Where(file => file.Key != option).ToDictionary() })).Message;
        StringAssert.Contains(Lacking("vae"), "holds no autoencoder (tensors 'first_stage_model.…'). Give one with --vae FILE");
        StringAssert.Contains(Lacking("t5xxl"), "Give one with --t5xxl FILE");
    }

    [TestMethod]
    [DataRow("sd3", ".scale_weight", false)]
    [DataRow("flux-dev", ".weight_scale", false)]
    [DataRow("flux-dev", "", false)]
    [DataRow("sd3", ".scale_weight", true)]
    public async Task WeightsOf8BitsAreThoseThatTheyStandFor(string model, string scaleName, bool odd)
    {
        const float Scale = 0.0625f;
        string root = model == "sd3" ? "model.diffusion_model." : "";
        SingleFile.Write(model, _folder["whole.safetensors"]);
        GoldenTensors whole = GoldenTensors.Load(_folder["whole.safetensors"]);
        SafetensorsWriter tiny = new(), plain = new();
        foreach (string name in whole.Names.Where(name => name.StartsWith(root, StringComparison.Ordinal)))
        {
            long[] shape = [.. whole.Shape(name)];
            float[] values = whole.Floats(name);
            if (shape.Length != 2 || !name.EndsWith(".weight", StringComparison.Ordinal))
            {
                tiny.Add(name, shape, values);
                plain.Add(name, shape, values);
                continue;
            }

            // The scale is a power of two, so that the products are numbers of 16 bits.
            float scale = scaleName.Length > 0 ? Scale : 1;
            byte[] bytes = new byte[values.Length];
            TensorConvert.FromSingle(ElementType.F8E4M3, [.. values.Select(value => value / scale)], bytes);
            tiny.Add(name, ElementType.F8E4M3, shape, bytes);
            plain.Add(name, ElementType.F16, shape, MemoryMarshal.AsBytes(bytes.Select(pattern => (Half)(TinyConvert.E4M3[pattern] * scale)).ToArray().AsSpan()).ToArray());
            if (scaleName.Length > 0)
            {
                tiny.Add(name.Replace(".weight", scaleName, StringComparison.Ordinal), odd ? [2] : [], odd ? [1f, 1f] : [scale]);
            }
        }

        tiny.Add($"{root}scaled_fp8", ElementType.F8E4M3, [0], ReadOnlyMemory<byte>.Empty);
        tiny.Save(_folder["tiny.safetensors"]);
        plain.Save(_folder["plain.safetensors"]);
        Dictionary<string, string> files = (model == "sd3" ? (string[])["clip-l text_encoder", "clip-g text_encoder_2", "t5xxl text_encoder_3", "vae vae"] : ["clip-l text_encoder", "t5xxl text_encoder_2", "vae vae"])
            .Select(part => part.Split(' ')).ToDictionary(part => part[0], part => Golden.Find($"models/{model}/{part[1]}"));
        PipelineOptions options = Options(model) with { Files = files };
        if (odd)
        {
            StringAssert.Contains(Assert.ThrowsExactly<ModelFileException>(() => DiffusionPipeline.Open(_folder["tiny.safetensors"], options)).Message, "8-bit floating-point weights with one scale each are");
            return;
        }

        await using DiffusionPipeline expected = DiffusionPipeline.Open(_folder["plain.safetensors"], options);
        await using DiffusionPipeline actual = DiffusionPipeline.Open(_folder["tiny.safetensors"], options);
        CollectionAssert.AreEqual(await expected.Latents(TestModels.Small), await actual.Latents(TestModels.Small));
    }

    [TestMethod]
    public void AFileInFourBitsOfBitsandbytesIsRefusedByName()
    {
        SafetensorsWriter writer = new();
        writer.Add("double_blocks.0.img_attn.norm.key_norm.scale", [8], new float[8]);
        writer.Add("double_blocks.0.img_attn.proj.weight.quant_state.bitsandbytes__nf4", ElementType.U8, [4], new byte[4]);
        writer.Save(_folder["nf4.safetensors"]);
        StringAssert.Contains(Refused(_folder["nf4.safetensors"]), "is stored in four bits by bitsandbytes (NF4, FP4): tensor 'double_blocks.0.img_attn.proj.weight.quant_state.bitsandbytes__nf4'. That is not read. Use");
    }

    [TestMethod]
    public async Task ANetworkOfAFolderMayBeReplaced()
    {
        await using DiffusionPipeline folder = TestModels.Open(TestModels.Tiny);
        await using DiffusionPipeline same = DiffusionPipeline.Open(TestModels.Tiny, new PipelineOptions { Threads = 2, Files = new Dictionary<string, string> { ["vae"] = Golden.Find("models/sd15/vae") } });
        await AssertSame(folder, same);
        ModelFileException none = Assert.ThrowsExactly<ModelFileException>(() => DiffusionPipeline.Open(TestModels.Tiny, new PipelineOptions { Files = new Dictionary<string, string> { ["clip-g"] = Golden.Find("models/sdxl/text_encoder_2") } }));
        StringAssert.Contains(none.Message, "has no such part. It takes --vae");
        ModelFileException wrong = Assert.ThrowsExactly<ModelFileException>(() => DiffusionPipeline.Open(TestModels.Tiny, new PipelineOptions { Files = new Dictionary<string, string> { ["vae"] = Golden.Find("models/sd15/text_encoder/model.safetensors") } }));
        StringAssert.Contains(wrong.Message, "holds no autoencoder. It is a CLIP text encoder");
    }

    [TestMethod]
    [DataRow(0.08, null, false)]
    [DataRow(0.1, null, true)]
    [DataRow(0.1, "epsilon", false)]
    [DataRow(0.08, "v", true)]
    public void WhatTheNetworkPredictsIsReadFromTheFile(double spread, string? said, bool velocity)
    {
        SafetensorsWriter writer = new();
        writer.Add("model.diffusion_model.output_blocks.11.1.transformer_blocks.0.norm1.bias", [4], [1, 1 + (2 * (float)spread), 1, 1 + (2 * (float)spread)]);
        if (said is not null)
        {
            writer.Metadata.Add("modelspec.prediction_type", said);
        }

        writer.Save(_folder["x.safetensors"]);
        using SafetensorsFile file = SafetensorsFile.Open(_folder["x.safetensors"]);
        Assert.AreEqual(velocity, StableDiffusion2.Facts.Checkpoint!.PredictsVelocity(new CheckpointTensors(file)));
        Assert.AreEqual(said == "v", StableDiffusionXl.Facts.Checkpoint!.PredictsVelocity(new CheckpointTensors(file)));
    }

    [TestMethod]
    public async Task WhatTheNetworkPredictsMayBeTold()
    {
        await using DiffusionPipeline told = DiffusionPipeline.Open(TestModels.Tiny, new PipelineOptions { PredictsVelocity = true });
        Assert.AreEqual(Prediction.Velocity, told.Model.Parts.Scheduler.Prediction);
    }

    [TestMethod]
    public void AnOffendingTensorIsNamedAndAnUnknownFileIsToldOf()
    {
        SingleFile.Write("sd15", _folder["a model.safetensors"], name => !name.EndsWith("output_blocks.5.0.in_layers.2.weight", StringComparison.Ordinal));
        StringAssert.Contains(Assert.ThrowsExactly<ModelFileException>(() => Open("sd15")).Message, "up_blocks.1.resnets.2.conv1.weight");
        StringAssert.Contains(Refused(_folder.Tensors("x.safetensors", "some.thing")), "its tensors are named 'some.thing'");
        StringAssert.Contains(Refused(Golden.Find("lora/kohya.safetensors")), "It is a LoRA (tensor lora_te_text_model_encoder_layers_0_mlp_fc1.alpha). Give it beside a model, with --lora.");
        StringAssert.Contains(Refused(Golden.Find("models/sd15/vae/diffusion_pytorch_model.safetensors")), "autoencoder with 4 latent channels");
        StringAssert.Contains(Refused(_folder.Text("x.ckpt", "PK\x03\x04 and more")), "runs the code");
        StringAssert.Contains(Refused(_folder.Text("y.pt", "?")), "runs the code");
        StringAssert.Contains(Refused(_folder.Text("x.gguf", "GGUF and more")), "GGUF of version");
        StringAssert.Contains(Refused(_folder.Text("y.gguf", "what a page says where a file is gone")), "does not begin as GGUF files do");
        StringAssert.Contains(Refused(_folder.Text("x.txt", "some other text")), "not a safetensors file");
    }

    private static string Refused(string path) => Assert.Throws<ModelFileException>(() => DiffusionPipeline.Open(path)).Message;

    private static PipelineOptions Options(string model) => new() { Threads = 2, Config = Golden.Find($"models/{model}") };

    private DiffusionPipeline Open(string model) => DiffusionPipeline.Open(_folder["a model.safetensors"], Options(model));

    private static async Task AssertSame(DiffusionPipeline expected, DiffusionPipeline actual)
    {
        byte[][] pixels = await expected.Pixels(TestModels.Small);
        byte[][] others = await actual.Pixels(TestModels.Small);
        CollectionAssert.AreEqual(pixels[0], others[0]);
        CollectionAssert.AreEqual(await expected.Latents(TestModels.Small), await actual.Latents(TestModels.Small));
    }
}
