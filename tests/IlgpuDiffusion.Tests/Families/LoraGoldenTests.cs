using IlgpuDiffusion.Components;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Models;
using IlgpuDiffusion.Tests.Pipelines;
using IlgpuDiffusion.Tests.Weights;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Families;

/// <summary>LoRAs in the layouts of kohya, PEFT and diffusers: networks against the recording, and what pipelines make of them.</summary>
[TestClass]
public sealed class LoraGoldenTests
{
    private const double Scale = 0.7;
    private const double Bound = 5e-5;

    private static readonly GenerationRequest Request = TestModels.Small with { Width = 32, Height = 32 };

    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void CleanUp() => _folder.Dispose();

    [TestMethod]
    [DataRow("kohya", "sd15", TestDevices.Cpu)]
    [DataRow("kohya", "sd15", TestDevices.Oracle)]
    [DataRow("kohya", "sd15", TestDevices.Winograd4)]
    [DataRow("peft", "sd15", TestDevices.Cpu)]
    [DataRow("kohya-sdxl", "sdxl", TestDevices.Cpu)]
    public void NetworksAreTheReferences(string file, string model, string deviceName)
    {
        GoldenTensors golden = GoldenTensors.Find("lora/lora.golden.safetensors");
        using ModelParts parts = ModelParts.Open(Golden.Find($"models/{model}"), new WeightOptions());
        using AdapterLibrary library = new(parts);
        AdapterSet adapters = library.Of([new AdapterUse(Golden.Find($"lora/{file}.safetensors"), Scale, Scale)]);
        using Device device = TestDevices.Create(deviceName);

        long[] shape = golden.Shape($"{model}.latent");
        Graph graph = new();
        Dictionary<string, string> recorded = new() { [NetworkInputs.Context] = $"{model}.context", [NetworkInputs.Pooled] = $"{model}.text_embeds", [NetworkInputs.TimeIds] = $"{model}.time_ids" };
        Dictionary<string, Value> inputs = parts.Network.Inputs.ToDictionary(input => input.Name, input =>
        {
            long[] of = golden.Shape(recorded[input.Name]);
            return graph.Input(input.Name, new Shape(1, 1, of.Length == 3 ? (int)of[1] : 1, (int)of[^1]), Stage.Request);
        });
        Value output = parts.Network.Build(
            new ModelBuilder(graph, parts.NetworkWeights).With(adapters.Of(parts.NetworkWeights)),
            graph.Input("latents", new Shape(1, (int)shape[2], (int)shape[3], (int)shape[1]), Stage.Evaluation),
            graph.Input("time", Shape.Scalar, Stage.Request),
            inputs);
        float[] result = Run(device, parts.NetworkWeights, adapters, output, [("latents", GridLayout.ChannelsLast(golden.Floats($"{model}.latent"), shape)), ("time", new[] { 321f }), .. inputs.Keys.Select(name => (name, (Array)golden.Floats(recorded[name])))]);
        Console.WriteLine($"measured {GoldenAssert.Close(golden.Floats($"{file}.unet"), GridLayout.ChannelsFirst(result, shape), Bound, $"{file}.unet")}");

        int[] ids = [.. golden.Longs("ids").Select(id => (int)id)];
        for (int i = 0; i < parts.TextWeights.Count; i++)
        {
            string folder = Golden.Find($"models/{model}/text_encoder{(i == 0 ? "" : "_2")}");
            ClipTextModel clip = new(ClipConfig.Read(ComponentConfig.Read(Path.Combine(folder, "config.json"))), projects: i == 1);
            Graph text = new();
            ClipTextStates states = clip.Build(new ModelBuilder(text, parts.TextWeights[i]).With(adapters.Of(parts.TextWeights[i])), text.Input("ids", new TensorType(new Shape(1, 1, ids.Length, 1), ElementType.I32), Stage.Request));
            GoldenAssert.Close(golden.Floats($"{file}.text{(i == 0 ? "" : "2")}"), Run(device, parts.TextWeights[i], adapters, i == 0 ? states.Last : states.Skip(1, normalize: false), ("ids", ids)), Bound, $"{file}.text{i}");
        }
    }

    [TestMethod]
    public async Task ALoraOfFewStepsRunsAsItWasMadeAndIsSaidToBurnOtherwise()
    {
        File.Copy(Golden.Find("lora/kohya.safetensors"), _folder["lcm-lora-sdv1-5.safetensors"]);
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Tiny, new PipelineOptions { Threads = 2, LoraFolder = _folder.Path });
        GenerationRequest named = Request with { Prompt = "a house <lora:lcm-lora-sdv1-5:1>", NegativePrompt = "", CfgScale = null, Steps = null };
        StringAssert.Contains(pipeline.Explain(named).Warnings.Single(), "The LoRA 'lcm-lora-sdv1-5' is by its name one that distils a model to few steps; 20 steps with a guidance (cfg scale) of 7 will burn the picture. Take 4 steps and a guidance of 1 with the sampler LCM.");
        foreach (string sampler in (string[])["LCM", "TCD"])
        {
            GenerationRequest made = named with { Steps = 4, CfgScale = 1, Sampler = sampler };
            Explanation explanation = pipeline.Explain(made);
            Assert.IsEmpty(explanation.Warnings);
            Assert.AreEqual((1, 4), (explanation.Branches, explanation.Evaluations));
            CollectionAssert.AreNotEqual((await pipeline.Pixels(made with { Prompt = "a house" }))[0], (await pipeline.Pixels(made))[0]);
        }

        GenerationRequest stochastic = named with { Steps = 4, CfgScale = 1, Sampler = "TCD", Eta = 1 };
        CollectionAssert.AreNotEqual(await pipeline.Latents(stochastic), await pipeline.Latents(stochastic with { Eta = 0 }));
        StringAssert.Contains(Assert.ThrowsExactly<RequestException>(() => pipeline.Explain(stochastic with { Eta = 1.5 })).Message, "The eta of sampler 'tcd' must be from 0 to 1");
    }

    [TestMethod]
    public async Task AListAndTheirNamesInThePromptAreTheSameAndAreTakenBack()
    {
        File.Copy(Golden.Find("lora/kohya.safetensors"), _folder["one/Kohya style.safetensors"]);
        File.Copy(Golden.Find("lora/peft.safetensors"), _folder["peft.safetensors"]);
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Tiny, new PipelineOptions { Threads = 2, LoraFolder = _folder.Path });
        byte[] plain = (await pipeline.Pixels(Request))[0];
        GenerationRequest listed = Request with { Loras = [new Lora(_folder["one/Kohya style.safetensors"], 0.5) { TextWeight = 0.25 }, new Lora(_folder["peft.safetensors"])] };
        GenerationResult result = await pipeline.GenerateAsync(listed);
        byte[] changed = result.Images[0].Image.Pixels;
        CollectionAssert.AreNotEqual(plain, changed);
        CollectionAssert.AreEqual(changed, (await pipeline.Pixels(Request with { Prompt = "<lora:kohya style:0.25:0.5>" + Request.Prompt + "<lora:peft>" }))[0]);
        CollectionAssert.AreEqual(plain, (await pipeline.Pixels(Request))[0]);
        CollectionAssert.AreEqual(plain, (await pipeline.Pixels(Request with { Loras = [new Lora(_folder["peft.safetensors"], 0)] }))[0]);

        // What the picture says makes it again.
        Assert.AreEqual($"{Request.Prompt} <lora:Kohya style:0.25:0.5> <lora:peft:1>", result.Images[0].Metadata.Prompt);
        CollectionAssert.AreEqual(changed, (await pipeline.Pixels(Request with { Prompt = result.Images[0].Metadata.Prompt.Replace(" <", "<", StringComparison.Ordinal) }))[0]);
    }

    [TestMethod]
    public async Task OtherWeightsMakeTheChangedOnesAlone()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        await pipeline.GenerateAsync(Request);
        long plain = pipeline.Model.Runner.Residency.Bytes;
        await pipeline.GenerateAsync(Request with { Loras = [new Lora(Golden.Find("lora/peft.safetensors"))] });
        long added = pipeline.Model.Runner.Residency.Bytes - plain;
        Console.WriteLine($"prepared: {plain} bytes, with the LoRA {added} more");
        Assert.IsGreaterThan(0, added);
        Assert.IsLessThan(plain / 2, added);
    }

    [TestMethod]
    public async Task EveryAccelerationGoesAlong()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny);
        GenerationRequest request = Request with { Steps = 4, Loras = [new Lora(Golden.Find("lora/kohya.safetensors"))], Policy = IlgpuDiffusion.Acceleration.AccelerationPolicy.Parse("""{"version": 1, "deepcache": {"every": 2}}""") };
        byte[] cached = (await pipeline.Pixels(request))[0];
        CollectionAssert.AreNotEqual(cached, (await pipeline.Pixels(request with { Loras = [] }))[0]);
    }

    [TestMethod]
    public async Task OtherKindsOtherModelsAndDamageAreNamed()
    {
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Tiny, new PipelineOptions { Threads = 1, LoraFolder = _folder.Path });
        string Refused(params (string Name, long[] Shape)[] tensors)
        {
            SafetensorsWriter writer = new();
            foreach ((string name, long[] shape) in tensors)
            {
                writer.Add(name, shape, new float[shape.Aggregate(1L, (a, b) => a * b)]);
            }

            writer.Save(_folder["x.safetensors"]);
            return Assert.ThrowsExactly<ModelFileException>(() => pipeline.Plan(Request with { Loras = [new Lora(_folder["x.safetensors"])] })).Message;
        }

        const string Module = "lora_unet_down_blocks_0_attentions_0_proj_in";
        StringAssert.Contains(Refused(("lora_unet_down_blocks_0_attentions_0_proj_on.lora_down.weight", [2, 16]), ("lora_unet_down_blocks_0_attentions_0_proj_on.lora_up.weight", [16, 2])), "The nearest name is 'down_blocks_0_attentions_0_proj_in'");
        StringAssert.Contains(Refused(($"{Module}.lora_down.weight", [2, 320]), ($"{Module}.lora_up.weight", [320, 2])), "made for another family");
        StringAssert.Contains(Refused(($"{Module}.lora_down.weight", [2, 16])), "lacks its up tensor");
        StringAssert.Contains(Refused(($"{Module}.lora_down.weight", [2, 16]), ($"{Module}.lora_up.weight", [16, 3])), "do not fit each other");
        StringAssert.Contains(Refused(($"{Module}.hada_w1_a", [2, 16])), "is a LoHa");
        StringAssert.Contains(Refused(($"{Module}.lora_down.weight", [2, 16]), ($"{Module}.lora_up.weight", [16, 2]), ($"{Module}.dora_scale", [16, 1])), "is a DoRA");
        StringAssert.Contains(Refused(("foo", [2])), "of no LoRA");
        StringAssert.Contains(Assert.ThrowsExactly<ModelFileException>(() => pipeline.Plan(Request with { Loras = [new Lora(Golden.Find("lora/kohya-sdxl.safetensors"))] })).Message, "another family");
        File.Move(_folder["x.safetensors"], _folder["a style.safetensors"]);
        StringAssert.Contains(Assert.ThrowsExactly<RequestException>(() => pipeline.Plan(Request with { Prompt = "a <lora:astyle:1>" })).Message, "The nearest name is 'a style'");
        StringAssert.Contains(Assert.ThrowsExactly<RequestException>(() => pipeline.Plan(Request with { Prompt = "a <lora:x:much>" })).Message, "is not a number");
        StringAssert.Contains(Assert.ThrowsExactly<RequestException>(() => pipeline.Plan(Request with { NegativePrompt = "a <lora:x:1>" })).Message, "name it in the prompt");
        await using DiffusionPipeline without = TestModels.Open(TestModels.Tiny);
        StringAssert.Contains(Assert.ThrowsExactly<RequestException>(() => without.Plan(Request with { Prompt = "a <lora:x:1>" })).Message, "--lora-dir");
    }

    [TestMethod]
    public void AllWaysToWriteANameMeanTheSameModule()
    {
        (string Name, int Network, string Module)[] names =
        [
            ("unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_out_lora.down.weight", -1, "down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_out_0"),
            ("down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_q_lora.up.weight", -1, "down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q"),
            ("text_encoder_2.text_model.encoder.layers.0.self_attn.k_proj.lora_linear_layer.down.weight", 1, "text_model_encoder_layers_0_self_attn_k_proj"),
            ("base_model.model.down_blocks.0.x.lora_A.default.weight", -1, "down_blocks_0_x"),
            ("lora_te1_text_model_x.alpha", 0, "text_model_x"),
        ];
        foreach ((string name, int network, string module) in names)
        {
            Assert.AreEqual((network, module), LoraNames.Split(LoraNames.Parse(name)!.Value.Module), name);
        }
    }

    private static float[] Run(Device device, WeightStore weights, AdapterSet adapters, Value output, params (string Name, Array Data)[] inputs)
    {
        StoredWeights source = new(weights);
        source.Know(adapters.Of(weights));
        return ModelRunner.Run(device, source, [output], ElementType.F32, inputs)[0];
    }
}
