using System.Text.Json.Nodes;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>Files as published models have them: old ones mean what diffusers' pipelines make of them, and a model's own default never keeps it from painting.</summary>
[TestClass]
public sealed class OldFilesGoldenTests
{
    private const string Scheduler = "scheduler/scheduler_config.json";
    private const string Unet = "unet/config.json";

    // Report 08: time steps of 10 steps are 901, 801 … 1.
    [TestMethod]
    [DataRow("0")]
    [DataRow("7")]
    [DataRow("null")]
    [DataRow("absent")]
    public async Task StepsOffsetCountsAsOne(string offset)
    {
        using ModelCopy model = new();
        File.Copy(Reports.Find("08-legacy-config-overrides/steps_offset_scheduler_config.json"), model[Scheduler], overwrite: true);
        Edit(model[Scheduler], file => Set(file, "steps_offset", offset));
        await using DiffusionPipeline pipeline = TestModels.Open(model.Folder);
        CollectionAssert.AreEqual(Enumerable.Range(0, 10).Select(i => 901.0 - (100 * i)).ToArray(), Timesteps(pipeline, TestModels.Small with { Steps = 10 }));
    }

    [TestMethod]
    [DataRow("true")]
    [DataRow("absent")]
    public async Task ClipSampleCountsAsFalse(string clips)
    {
        using ModelCopy model = new();
        byte[][] right = await Paint(model);
        Edit(model[Scheduler], file => Set(file, "clip_sample", clips));
        CollectionAssert.AreEqual(right[0], (await Paint(model))[0]);
    }

    [TestMethod]
    public async Task PndmStartsWithRungeKuttaUnlessItInpaints()
    {
        using ModelCopy model = new();
        Edit(model[Scheduler], file => (file["_class_name"], file["skip_prk_steps"]) = ("PNDMScheduler", false));
        await using DiffusionPipeline pipeline = TestModels.Open(model.Folder);
        GenerationRequest request = TestModels.Small with { Steps = 7 };
        Assert.HasCount(12 + 4, Timesteps(pipeline, request));
        IlgpuDiffusion.Imaging.Image picture = new(64, 64);
        Assert.HasCount(8, Timesteps(pipeline, request with { InitImage = picture, Mask = picture, Strength = 1 }));
    }

    [TestMethod]
    [DataRow("0.8.1", "32", 512)]
    [DataRow("0.6.0.dev0", "32", 512)]
    [DataRow("0.9.0.dev0", "32", 256)]
    [DataRow("0.42.1", "32", 256)]
    [DataRow("0.8.1", "96", 768)]
    [DataRow("0.8.1", "[32, 32]", 256)]
    [DataRow("absent", "32", 256)]
    public async Task SizesOfUNetsOlderThanTheFieldAreSixtyFour(string version, string size, int expected)
    {
        using ModelCopy model = new();
        Edit(model[Unet], file =>
        {
            Set(file, "_diffusers_version", version == "absent" ? version : $"\"{version}\"");
            Set(file, "sample_size", size);
        });
        await using DiffusionPipeline pipeline = TestModels.Open(model.Folder);
        Assert.AreEqual(expected, pipeline.Defaults.Size);
    }

    [TestMethod]
    public async Task TheFirstNamesOfBlocksAreKnown()
    {
        using ModelCopy model = new();
        byte[][] right = await Paint(model);
        Edit(model[Unet], file =>
        {
            foreach (string field in (string[])["down_block_types", "up_block_types"])
            {
                file[field] = new JsonArray([.. file[field]!.AsArray().Select(type => (JsonNode)$"UNetRes{type}")]);
            }
        });
        CollectionAssert.AreEqual(right[0], (await Paint(model))[0]);
    }

    // Report 06, and its kin.
    [TestMethod]
    [DataRow("DEISMultistepScheduler")]
    [DataRow("DDPMScheduler")]
    [DataRow("KDPM2DiscreteScheduler")]
    [DataRow("SomeoneElsesScheduler")]
    public async Task AModelWhoseSamplerIsNotThereOpensAndPaints(string name)
    {
        using ModelCopy model = new();
        File.Copy(Reports.Find("06-model-scheduler-unknown/scheduler_config.json"), model[Scheduler], overwrite: true);
        Edit(model[Scheduler], file => file["_class_name"] = name);
        await using DiffusionPipeline pipeline = await DiffusionPipeline.LoadAsync(model.Folder);
        Assert.AreEqual("Euler a", pipeline.Explain(TestModels.Small with { Sampler = "euler_a" }).Sampler);
        Assert.IsEmpty(pipeline.Explain(TestModels.Small with { Sampler = "euler_a" }).Warnings);
        Explanation own = pipeline.Explain(TestModels.Small);
        Assert.AreEqual("DPM++ 2M", own.Sampler);
        Assert.Contains(name, own.Warnings.Single());
        Assert.Contains("scheduler_config.json", own.Warnings.Single());
        Assert.Contains("--sampler", own.Warnings.Single());
        Assert.HasCount(1, await pipeline.Pixels(TestModels.Small));
    }

    [TestMethod]
    [DataRow("absent")]
    [DataRow("null")]
    public async Task AModelThatNamesNoSamplerTakesTheFamilys(string name)
    {
        using ModelCopy model = new();
        Edit(model[Scheduler], file => Set(file, "_class_name", name));
        await using DiffusionPipeline pipeline = await DiffusionPipeline.LoadAsync(model.Folder);
        Assert.AreEqual("DPM++ 2M", pipeline.Explain(TestModels.Small).Sampler);
    }

    [TestMethod]
    public async Task AModelWithoutSchedulerTakesTheFamilys()
    {
        using ModelCopy model = new();
        Directory.Delete(model["scheduler"], recursive: true);
        Edit(model["model_index.json"], file => file["scheduler"] = new JsonArray(null, null));
        await using DiffusionPipeline pipeline = await DiffusionPipeline.LoadAsync(model.Folder);
        Assert.AreEqual("DPM++ 2M", pipeline.Explain(TestModels.Small).Sampler);
    }

    // Report 07, and its kin: fields that a sampler does not have are not seen by it.
    [TestMethod]
    [DataRow("use_karras_sigmas", "ddim pndm euler_a")]
    [DataRow("use_exponential_sigmas", "ddim pndm euler_a")]
    [DataRow("use_beta_sigmas", "ddim pndm euler_a")]
    [DataRow("use_lu_lambdas", "ddim pndm euler_a euler heun lms uni_pc dpmpp_2s")]
    public async Task SchedulesOfTheModelAreDroppedWhereASamplerHasNone(string field, string samplers)
    {
        using ModelCopy model = new();
        File.Copy(Reports.Find("07-karras-config-ddim/scheduler_config.json"), model[Scheduler], overwrite: true);
        Edit(model[Scheduler], file => (file["use_karras_sigmas"], file[field]) = (false, true));
        await using DiffusionPipeline changed = await DiffusionPipeline.LoadAsync(model.Folder);
        double[] own = Timesteps(changed, TestModels.Small with { Steps = 7 });
        Edit(model[Scheduler], file => file[field] = false);
        await using DiffusionPipeline plain = TestModels.Open(model.Folder);
        Assert.IsFalse(own.SequenceEqual(Timesteps(plain, TestModels.Small with { Steps = 7 })), "the model's own sampler follows its schedule");
        foreach (string sampler in samplers.Split(' '))
        {
            GenerationRequest request = TestModels.Small with { Steps = 7, Sampler = sampler };
            CollectionAssert.AreEqual(Timesteps(plain, request), Timesteps(changed, request), sampler);
        }
    }

    [TestMethod]
    [DataRow("DDIMScheduler", "thresholding", "true", "euler")]
    [DataRow("DPMSolverMultistepScheduler", "use_flow_sigmas", "true", "euler")]
    [DataRow("DPMSolverMultistepScheduler", "use_dynamic_shifting", "true", "ddim")]
    [DataRow("DPMSolverMultistepScheduler", "variance_type", "\"learned_range\"", "euler")]
    [DataRow("DPMSolverMultistepScheduler", "algorithm_type", "\"dpmsolver+++\"", "dpmpp_2m")]
    [DataRow("DPMSolverMultistepScheduler", "solver_order", "4", "dpmpp_2m")]
    [DataRow("DPMSolverMultistepScheduler", "solver_type", "\"best\"", "ddim")]
    [DataRow("DPMSolverMultistepScheduler", "lambda_min_clipped", "\"low\"", "ddim")]
    [DataRow("EulerDiscreteScheduler", "interpolation_type", "\"log_linear\"", "heun")]
    [DataRow("EulerDiscreteScheduler", "timestep_type", "\"continuous\"", "ddim")]
    [DataRow("EulerDiscreteScheduler", "final_sigmas_type", "\"last\"", "ddim")]
    [DataRow("UniPCMultistepScheduler", "solver_p", "{}", "ddim")]
    [DataRow("UniPCMultistepScheduler", "disable_corrector", "\"all\"", "ddim")]
    public async Task AFieldThatCannotBeFollowedIsTheFilesFaultForTheSamplersThatHaveIt(string name, string field, string value, string without)
    {
        using ModelCopy model = new();
        Edit(model[Scheduler], file =>
        {
            file["_class_name"] = name;
            Set(file, field, value);
        });
        await using DiffusionPipeline pipeline = await DiffusionPipeline.LoadAsync(model.Folder);
        Assert.IsNotEmpty(Timesteps(pipeline, TestModels.Small with { Sampler = without }));
        ModelFileException fault = Assert.ThrowsExactly<ModelFileException>(() => pipeline.Explain(TestModels.Small));
        Assert.Contains(model[Scheduler], fault.Message);
        Assert.Contains($"'{field}'", fault.Message);
        Assert.Contains(value, fault.Message);
    }

    [TestMethod]
    public async Task FieldsThatTheWriterFilledInAreAsIfTheyWereNotThere()
    {
        using ModelCopy model = new();
        Edit(model[Scheduler], file => (file["timestep_spacing"], file["_use_default_values"]) = ("leading", new JsonArray("timestep_spacing")));
        await using DiffusionPipeline pipeline = TestModels.Open(model.Folder);
        CollectionAssert.AreEqual((double[])[999, 0], Timesteps(pipeline, TestModels.Small with { Sampler = "euler" }), "linspace is Euler's own");
    }

    [TestMethod]
    public async Task AByteOrderMarkAndATowerForPicturesAreNoFault()
    {
        using ModelCopy model = new();
        byte[][] right = await Paint(model);
        foreach (string file in Directory.GetFiles(model.Folder, "*", SearchOption.AllDirectories).Where(f => Path.GetExtension(f) is ".json" or ".txt"))
        {
            File.WriteAllBytes(file, [0xEF, 0xBB, 0xBF, .. File.ReadAllBytes(file)]);
        }

        File.WriteAllBytes(model["tokenizer/special_tokens_map.json"], [0xEF, 0xBB, 0xBF, .. "{}"u8]);
        File.WriteAllBytes(model["tokenizer/added_tokens.json"], [0xEF, 0xBB, 0xBF, .. "{}"u8]);
        model.Rewrite("text_encoder", (tensor, values) => (tensor, values), ("vision_model.encoder.layers.0.mlp.fc1.bias", [1, 2]), ("visual_projection.weight", [1]), ("logit_scale", [1]));
        CollectionAssert.AreEqual(right[0], (await Paint(model))[0]);
    }

    [TestMethod]
    public async Task TheFileOfAWholeClipHoldsThatOfItsTextEncoder()
    {
        using ModelCopy model = new();
        byte[][] right = await Paint(model);
        string config = model["text_encoder/config.json"];
        File.WriteAllText(config, new JsonObject { ["model_type"] = "clip", ["hidden_size"] = 7, ["text_config"] = JsonNode.Parse(File.ReadAllText(config)) }.ToJsonString());
        CollectionAssert.AreEqual(right[0], (await Paint(model))[0]);
    }

    private static async Task<byte[][]> Paint(ModelCopy model)
    {
        await using DiffusionPipeline pipeline = TestModels.Open(model.Folder);
        return await pipeline.Pixels(TestModels.Small);
    }

    private static double[] Timesteps(DiffusionPipeline pipeline, GenerationRequest request) => [.. pipeline.Resolve(request).Program.Evaluations.Select(e => e.Level.Timestep)];

    private static void Edit(string file, Action<JsonObject> change)
    {
        JsonObject json = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        change(json);
        File.WriteAllText(file, json.ToJsonString());
    }

    private static void Set(JsonObject file, string field, string value)
    {
        if (value == "absent")
        {
            file.Remove(field);
        }
        else
        {
            file[field] = JsonNode.Parse(value);
        }
    }
}
