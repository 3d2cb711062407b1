using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Pipelines;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>Every technique goes with every kind of input, or is refused with the reason, as the table of docs/acceleration.md says; ControlNets have tests of their own.</summary>
[TestClass]
public sealed class InputKindsGoldenTests
{
    private static readonly Image Picture = Striped(128, 64);

    private static readonly GenerationRequest Plain = TestModels.Small with { Width = 128, Steps = 6 };

    // Each with the model that it is for.
    private static readonly Dictionary<string, (string Model, GenerationRequest Request)> Kinds = new()
    {
        ["a LoRA"] = ("sd15", Plain with { Loras = [new Lora(Golden.Find("lora/kohya.safetensors"), 0.8)] }),
        ["an embedding"] = ("sd15", Plain with { Prompt = "a house in tiny-style", Embeddings = [Golden.Find("models/sd15-textual-inversion/tiny-style.safetensors")] }),
        ["a start picture"] = ("sd15", Plain with { InitImage = Picture, Strength = 0.7, Steps = 9 }),
        ["a mask"] = ("sd15", Plain with { InitImage = Picture, Mask = Picture, Strength = 0.7, Steps = 9 }),
        ["an inpainting network"] = ("inpaint", Plain with { InitImage = Picture, Mask = Picture, Strength = 1 }),
        ["a refiner"] = ("refined", Plain with { RefinerStart = 0.6 }),
        ["few steps without guidance"] = ("sd15", Plain with { Sampler = "LCM", CfgScale = 1 }),
    };

    private static readonly InpaintingModel Inpainting = new();

    private static readonly SharedPipelines<string> Pipelines = new(model => model switch
    {
        "inpaint" => TestModels.Open(Inpainting.Folder),
        "refined" => DiffusionPipeline.Open(Golden.Find("models/sdxl"), new PipelineOptions { Threads = 2, Refiner = Golden.Find("models/sdxl") }),
        _ => TestModels.Open(Golden.Find($"models/{model}")),
    });

    private static readonly Remembered<string, float[]> Exact = new(kind => Pipelines[Kinds[kind].Model].Latents(Kinds[kind].Request));

    public static IEnumerable<object[]> Pairs => from kind in Kinds.Keys from technique in TechniqueCatalogue.Default.Names select new object[] { technique, kind };

    [ClassCleanup]
    public static async Task Close()
    {
        await Pipelines.DisposeAsync();
        Inpainting.Dispose();
    }

    [TestMethod]
    [DynamicData(nameof(Pairs))]
    public async Task EveryTechniqueGoesWithItOrIsRefused(string technique, string kind)
    {
        (string model, GenerationRequest request) = Kinds[kind];
        DiffusionPipeline pipeline = Pipelines[model];
        GenerationRequest accelerated = request with { Policy = new(CompositionPapercutTests.Samples[technique].Active) };
        if (CompositionPapercutTests.Documented(technique, kind) == "refused")
        {
            StringAssert.Contains(Assert.ThrowsExactly<RequestException>(() => pipeline.Explain(accelerated)).Message, $"'{technique}'");
            return;
        }

        float[] latents = await pipeline.Latents(accelerated);
        Assert.IsTrue(latents.All(float.IsFinite));
        AccelerationPlan plan = pipeline.Explain(accelerated).Plan;

        // With a refiner what a technique decides may be of the second network alone; tiles are too few in both.
        if ((kind == "a refiner" && technique is not ("hypertile" or "localglobal")) || plan.Variants.Count > 1 || plan.Sites.Any(site => plan.Variants[0][site] != default))
        {
            CollectionAssert.AreNotEqual(await Exact[kind], latents);
        }
        else
        {
            CollectionAssert.AreEqual(await Exact[kind], latents);
            Assert.IsNotEmpty(plan.Notes, "what does nothing says why");
        }
    }

    private static Image Striped(int width, int height)
    {
        Image image = new(width, height);
        for (int i = 0; i < image.Pixels.Length; i++)
        {
            image.Pixels[i] = (byte)(i / 3 % width < width / 2 ? 255 : 40);
        }

        return image;
    }
}
