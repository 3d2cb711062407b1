using System.IO.Compression;
using System.Text.Json;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Pipelines;
using IlgpuDiffusion.Tests.Weights;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Families;

/// <summary>The names of full-size models in their original layouts against those in diffusers, one to one; and what their shapes say against the published configurations.</summary>
[TestClass]
public sealed class KeyMapGoldenTests
{
    [TestMethod]
    [DataRow("sd15", "unet", "sd15.unet")]
    [DataRow("sd15", "vae", "sd.vae")]
    [DataRow("sd15", "text_encoder", "sd15.text_encoder")]
    [DataRow("sd21", "unet", "sd21.unet")]
    [DataRow("sd21", "vae", "sd.vae")]
    [DataRow("sd21", "text_encoder", "sd21.text_encoder")]
    [DataRow("sdxl", "unet", "sdxl.unet")]
    [DataRow("sdxl", "vae", "sd.vae")]
    [DataRow("sdxl", "text_encoder", "sd15.text_encoder")]
    [DataRow("sdxl", "text_encoder_2", "sdxl.text_encoder_2")]
    [DataRow("sd3-medium", "transformer", "sd3-medium.transformer")]
    [DataRow("sd3-medium", "vae", "sd3.vae")]
    [DataRow("sd35-medium", "transformer", "sd35-medium.transformer")]
    [DataRow("sd35-large", "transformer", "sd35-large.transformer")]
    [DataRow("flux-dev", "transformer", "flux-dev.transformer")]
    [DataRow("flux-schnell", "transformer", "flux-schnell.transformer")]
    public void EveryNameHasItsCounterpart(string model, string component, string keys)
    {
        CheckpointTensors file = Read($"single.{model}").Tensors;
        ModelIdentity identity = ModelIdentifier.Identify(file.All);
        Family family = Family.All.Single(family => family.Checkpoint?.Identities.Contains(identity.Family) == true);
        Assert.AreEqual(
            model switch
            {
                "sd15" => "Stable Diffusion 1.x",
                "sd21" => "Stable Diffusion 2.x",
                "sdxl" => "Stable Diffusion XL",
                "sd3-medium" => "Stable Diffusion 3",
                "flux-dev" => "FLUX.1 dev",
                "flux-schnell" => "FLUX.1 schnell",
                _ => "Stable Diffusion 3.5",
            },
            family.Name);
        CheckpointPart part = family.Checkpoint!.Parts.Single(part => part.Component == component);
        ComponentConfig config = PartFile.Config(file, part, part.Prefixes)!;
        FoundPart found = file.Find(part.Kind, part.Prefixes)!;
        using MadeTensors made = new();
        Dictionary<string, string> mapped = found.Layout.Canonical(found.Tensors, made).Where(tensor => !part.IsUnneeded(tensor.Name, config)).ToDictionary(tensor => tensor.Name, Shape);

        (ComponentConfig published, CheckpointTensors folder) = Read(keys);
        Dictionary<string, string> expected = folder.All.ToDictionary(tensor => tensor.Name, Shape);
        string[] unneeded = [.. mapped.Keys.Except(expected.Keys)];
        Assert.IsTrue(unneeded.All(ClipTextModel.IsUnneeded), string.Join(", ", unneeded));
        foreach ((string name, string shape) in expected)
        {
            Assert.AreEqual(shape, mapped.GetValueOrDefault(name), name);
        }

        Assert.AreEqual(Form(component, published), Form(component, config));
    }

    [TestMethod]
    [DataRow("sd15")]
    [DataRow("sd21")]
    [DataRow("sdxl")]
    public void TheTableOfEitherSideIsTheSame(string model)
    {
        CheckpointTensors file = Read($"single.{model}").Tensors, folder = Read($"{model}.unet").Tensors;
        const string Prefix = "model.diffusion_model.";
        KeyTable table = UNetKeys.OfCanonical([.. folder.All.Select(tensor => tensor.Name)]);
        string[] originals = [.. file.All.Where(tensor => tensor.Name.StartsWith(Prefix, StringComparison.Ordinal)).Select(tensor => tensor.Name[Prefix.Length..])];
        CollectionAssert.AreEquivalent(originals, folder.All.Select(tensor => table.Original(tensor.Name)).ToArray());
    }

    [TestMethod]
    public void TheRefinersNamesHaveTheirCounterparts()
    {
        (string Name, long[] Shape)[] unet = [.. RefinerUNet()];
        CheckpointTensors file = new("sd_xl_refiner_1.0.safetensors", new Dictionary<string, string>(), [.. Whole("sdxl-refiner")]);

        // As large as it is published.
        Assert.AreEqual(6.08e9, file.All.Sum(tensor => tensor.Bytes), 0.02e9);
        foreach (string known in (string[])["input_blocks.4.1.transformer_blocks.3.attn2.to_k.weight", "input_blocks.6.0.op.weight", "middle_block.1.transformer_blocks.3.norm3.bias", "output_blocks.5.2.conv.weight", "output_blocks.8.1.proj_out.weight", "label_emb.0.2.bias", "out.2.weight"])
        {
            Assert.IsNotNull(file.All.SingleOrDefault(tensor => tensor.Name == $"model.diffusion_model.{known}"), known);
        }

        Assert.AreEqual(ModelIdentifier.SdxlRefiner, ModelIdentifier.Identify(file.All).Family);
        Assert.AreEqual(ModelIdentifier.SdxlRefiner, ModelIdentifier.Identify(file.All.Where(tensor => tensor.Name.StartsWith("model.diffusion_model.", StringComparison.Ordinal))).Family);
        CheckpointPart part = StableDiffusionXlRefiner.Facts.Checkpoint!.Parts.Single(part => part.Component == "unet");
        FoundPart found = file.Find(part.Kind, part.Prefixes)!;
        using MadeTensors made = new();
        CollectionAssert.AreEquivalent(unet.Select(tensor => $"{tensor.Name} {string.Join(' ', tensor.Shape)}").ToArray(), found.Layout.Canonical(found.Tensors, made).Select(tensor => $"{tensor.Name} {string.Join(' ', tensor.Shape.ToArray())}").ToArray());
        ComponentConfig published = ComponentConfig.Parse(
            """
            {
              "in_channels": 4, "out_channels": 4, "layers_per_block": 2, "block_out_channels": [384, 768, 1536, 1536], "attention_head_dim": [6, 12, 24, 24], "transformer_layers_per_block": 4, "cross_attention_dim": 1280,
              "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"], "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
              "use_linear_projection": true, "addition_embed_type": "text_time", "addition_time_embed_dim": 256, "projection_class_embeddings_input_dim": 2560
            }
            """, "published");
        UNetConfig Read(ComponentConfig config) => UNet2DConditionModel.Read(config).Config with { SampleSize = 0 };
        Assert.AreEqual(JsonSerializer.Serialize(Read(published)), JsonSerializer.Serialize(Read(PartFile.Config(file, part, part.Prefixes)!)));
    }

    [TestMethod]
    [DataRow("flux-ae", "sd3.vae")]
    [DataRow("sd3.text_encoder_3", "sd3.text_encoder_3")]
    [DataRow("sd3.text_encoder", "sd3.text_encoder")]
    public void AFileOfAPartIsReadByItself(string file, string keys)
    {
        CheckpointTensors tensors = Read(file == keys ? keys : $"single.{file}").Tensors;
        CheckpointPart part = Flux.Facts.Checkpoint!.Parts.Single(part => part.Component == (file == "flux-ae" ? "vae" : file == "sd3.text_encoder" ? "text_encoder" : "text_encoder_2"));
        (ComponentConfig published, CheckpointTensors folder) = Read(keys);
        FoundPart found = tensors.Find(part.Kind, tensors.PrefixesOf(part.Kind))!;
        using MadeTensors made = new();
        CollectionAssert.AreEquivalent(folder.All.Select(tensor => $"{tensor.Name} {Shape(tensor)}").ToArray(), found.Layout.Canonical(found.Tensors, made).Select(tensor => $"{tensor.Name} {Shape(tensor)}").ToArray());
        ComponentConfig config = PartFile.Config(tensors, part, [""])!;
        string kind = part.Component switch { "vae" => "vae", "text_encoder" => "clip", _ => "t5" };
        Assert.AreEqual(Form(kind, published), Form(kind, config));
    }

    [TestMethod]
    [DataRow("sd3")]
    [DataRow("sd35")]
    [DataRow("flux-dev")]
    public void WithoutASchedulersFileAFamilyWasTrainedAsItsFoldersSay(string model)
    {
        using ModelCopy copy = new(Golden.Find($"models/{model}"));
        using ModelParts said = ModelParts.Open(copy.Folder, new WeightOptions());
        copy.LeaveOut("scheduler");
        using ModelParts assumed = ModelParts.Open(copy.Folder, new WeightOptions());
        Assert.AreEqual(said.Scheduler.Trained, assumed.Scheduler.Trained);
        Assert.AreEqual(said.Scheduler.Prediction, assumed.Scheduler.Prediction);
    }

    [TestMethod]
    [DataRow("sd15", 512)]
    [DataRow("sd21", 512)]
    [DataRow("sdxl", 1024)]
    [DataRow("sdxl-refiner", 1024)]
    [DataRow("sd3-medium", 1024)]
    [DataRow("sd35-large", 1024)]
    [DataRow("flux-dev", 1024)]
    public async Task AFullSizeFileOpensFromItsHeaderAlone(string model, int size)
    {
        // As large as a published one, and with holes for numbers.
        long end = 0;
        string header = string.Join(',', Whole(model).Select(tensor => $"\"{tensor.Name}\":{{\"dtype\":\"F16\",\"shape\":[{string.Join(',', tensor.Shape.ToArray())}],\"data_offsets\":[{end},{end += tensor.Bytes}]}}"));
        using TemporaryFolder folder = new();
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(folder.Raw($"{{{header}}}", end), new PipelineOptions { Threads = 1 });
        Assert.AreEqual(size, pipeline.Defaults.Size);
        Assert.AreEqual(size, pipeline.Plan(new GenerationRequest { Prompt = "a house" }).Explain().Width);
    }

    // The lists of transformers have no text encoders, and FLUX.1's the transformer alone; ComfyUI writes them together.
    private static IEnumerable<WeightTensor> Whole(string model)
    {
        IEnumerable<WeightTensor> Under(string prefix, string keys) => Read(keys).Tensors.All.Select(tensor => tensor.Renamed(prefix + tensor.Name));
        if (model == "sdxl-refiner")
        {
            (string Name, long[] Shape)[] unet = [.. RefinerUNet()];
            KeyTable table = UNetKeys.OfCanonical([.. unet.Select(tensor => tensor.Name)]);
            CheckpointTensors sdxl = Read("single.sdxl").Tensors;
            return
            [
                .. WeightStore.ShapesOnly([.. unet.Select(tensor => ($"model.diffusion_model.{table.Original(tensor.Name)}", tensor.Shape))], ElementType.F16).Tensors,
                .. sdxl.All.Where(tensor => tensor.Name.StartsWith("first_stage_model.", StringComparison.Ordinal)),
                .. sdxl.All.Where(tensor => tensor.Name.StartsWith("conditioner.embedders.1.model.", StringComparison.Ordinal)).Select(tensor => tensor.Renamed(tensor.Name.Replace("embedders.1.", "embedders.0.", StringComparison.Ordinal))),
            ];
        }

        bool flux = model == "flux-dev";
        return model is "sd15" or "sd21" or "sdxl" ? Read($"single.{model}").Tensors.All :
        [
            .. Under(flux ? "model.diffusion_model." : "", $"single.{model}"),
            .. flux ? Under("vae.", "single.flux-ae") : Under("text_encoders.clip_g.transformer.", "sdxl.text_encoder_2"),
            .. Under("text_encoders.clip_l.transformer.", "sd15.text_encoder"),
            .. Under("text_encoders.t5xxl.transformer.", "sd3.text_encoder_3"),
        ];
    }

    // There is no list of the refiner's: its UNet is Stable Diffusion 2's, 1.2 times as wide, without attention on the finest level, with four transformers on the others and an embedding of sizes and score.
    private static IEnumerable<(string Name, long[] Shape)> RefinerUNet()
    {
        static long Wide(long size) => size == 1024 ? 1280 : size >= 320 ? size * 6 / 5 : size;
        foreach (WeightTensor tensor in Read("sd21.unet").Tensors.All.Where(tensor => !tensor.Name.StartsWith("down_blocks.0.attentions.", StringComparison.Ordinal) && !tensor.Name.StartsWith("up_blocks.3.attentions.", StringComparison.Ordinal)))
        {
            long[] shape = [.. tensor.Shape.ToArray().Select(Wide)];
            const string One = "transformer_blocks.0.";
            for (int i = 0; i < (tensor.Name.Contains(One, StringComparison.Ordinal) ? 4 : 1); i++)
            {
                yield return (tensor.Name.Replace(One, $"transformer_blocks.{i}.", StringComparison.Ordinal), shape);
            }
        }

        yield return ("add_embedding.linear_1.weight", [1536, 2560]);
        yield return ("add_embedding.linear_1.bias", [1536]);
        yield return ("add_embedding.linear_2.weight", [1536, 1536]);
        yield return ("add_embedding.linear_2.bias", [1536]);
    }

    // 1 × 1 convolutions are matrices, in files of either layout.
    private static string Shape(WeightTensor tensor) => string.Join(' ', tensor.Shape is [var n, var k, 1, 1] ? [n, k] : tensor.Shape.ToArray());

    // The scale of latents is its family's, and the key lists have one autoencoder for all.
    private static string Form(string component, ComponentConfig config) => component switch
    {
        "unet" => JsonSerializer.Serialize(UNet2DConditionModel.Read(config).Config with { SampleSize = 0 }),
        "transformer" when config.Has("axes_dims_rope") => JsonSerializer.Serialize(FluxConfig.Read(config)),
        "transformer" => JsonSerializer.Serialize(MmditConfig.Read(config)),
        "vae" => JsonSerializer.Serialize(VaeConfig.Read(config) with { Scale = 1, Shift = 0 }),
        "t5" => JsonSerializer.Serialize(T5Config.Read(config)),
        _ => JsonSerializer.Serialize(ClipConfig.Read(config) with { ProjectionChannels = component == "text_encoder_2" ? ClipConfig.Read(config).ProjectionChannels : 0, EndToken = null }),
    };

    private static (ComponentConfig Config, CheckpointTensors Tensors) Read(string name)
    {
        using GZipStream stream = new(File.OpenRead(Golden.Find($"keys/{name}.json.gz")), CompressionMode.Decompress);
        using JsonDocument json = JsonDocument.Parse(stream);
        (string, long[])[] shapes = [.. json.RootElement.GetProperty("tensors").EnumerateObject().Select(t => (t.Name, t.Value.EnumerateArray().Select(s => s.GetInt64()).ToArray()))];
        WeightStore store = WeightStore.ShapesOnly(shapes, ElementType.F16);
        ComponentConfig config = ComponentConfig.Parse(json.RootElement.TryGetProperty("config", out JsonElement own) ? own.GetRawText() : "{}", name);
        return (config, new CheckpointTensors(name, new Dictionary<string, string>(), store.Tensors));
    }
}
