using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Costs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Pipelines;
using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion.Tests.Tuning;

/// <summary>Budgets for models that were not calibrated go by what is published for their family, and claim no likeness; and every family can be calibrated.</summary>
[TestClass]
public sealed class FamilyBudgetGoldenTests
{
    private static readonly SharedPipelines<string> Pipelines = new(name => Open(name, Directory.CreateTempSubdirectory().FullName));

    private static readonly ModelCopy Schnell = Shared();

    [ClassCleanup]
    public static async Task Close()
    {
        await Pipelines.DisposeAsync();
        Schnell.Dispose();
    }

    [TestMethod]
    [DataRow("sd3", "balanced", "mindone", "ditcache guidance")]
    [DataRow("sd3", "fast", "Spectrum", "cache")]
    [DataRow("sd3", "turbo", "Spectrum", "cache")]
    [DataRow("sd35", "fast", "Spectrum", "cache")]
    [DataRow("flux-dev", "balanced", "TaylorSeer", "cache")]
    [DataRow("flux-dev", "fast", "Spectrum", "cache")]
    [DataRow("flux-dev", "turbo", "Spectrum", "cache")]
    [DataRow("sdxl", "fast", "papercut", "cache")]
    public void APresetTakesWhatIsPublishedForTheFamily(string model, string preset, string basis, string techniques)
    {
        AccelerationBudget budget = AccelerationBudget.Preset(preset)!;
        AccelerationChoice choice = Choice(model, Request, budget);
        Assert.IsGreaterThanOrEqualTo(budget.Value * 0.99, choice.ExactSeconds / choice.Seconds);
        StringAssert.Contains(string.Join(' ', choice.Policy.Techniques.Select(TechniqueCatalogue.NameOf)), techniques);
        Assert.IsNull(choice.Psnr);
        Assert.IsFalse(choice.IsCalibrated);
        StringAssert.Contains(choice.MeasuredWith, basis);
        StringAssert.Contains(choice.ToString(), "'calibrate' measures it");
        Assert.IsFalse(choice.ToString().Contains("dB", StringComparison.Ordinal));
        Assert.IsNull(Pipelines[model].Explain(Request with { Budget = budget }).Likeness);
        Assert.IsNull(Pipelines[model].Explain(Request with { Policy = choice.Policy }).Likeness);
    }

    [TestMethod]
    [DataRow("flux-dev")]
    [DataRow("sdxl")]
    public void WithoutGuidanceNothingTouchesIt(string model)
    {
        foreach (string budget in (string[])["1.3x", "1.6x", "2x", "2.5x", "3x", "4x"])
        {
            AccelerationChoice choice = Choice(model, Request with { CfgScale = model == "sdxl" ? 1 : 3.5 }, AccelerationBudget.Parse(budget));
            Assert.IsFalse(choice.Policy.Techniques.Any(technique => technique.Phase == TechniquePhase.Guidance), choice.ToString());
        }
    }

    [TestMethod]
    [DataRow("flux-schnell", "Euler", 4, "runs of at most 8 evaluations are given no cache")]
    [DataRow("sd3", "Euler", 8, "runs of at most 8 evaluations are given no cache")]
    [DataRow("sdxl", "LCM", 12, "the sampler LCM is given no cache")]
    [DataRow("sd15", "TCD", 12, "the sampler TCD is given no cache")]
    public void FewStepModelsAreGivenFewerSteps(string model, string sampler, int steps, string why)
    {
        AccelerationChoice choice = Choice(model, Request with { CfgScale = 1, Sampler = sampler, Steps = steps }, AccelerationBudget.Times(1.5));
        Assert.IsEmpty(choice.Policy.Techniques);
        Assert.IsLessThan(1, choice.Policy.Steps);
        StringAssert.Contains(choice.Does, why);
    }

    [TestMethod]
    [DataRow("sd3")]
    [DataRow("sd15")]
    public void ALikenessThatWasNotMeasuredIsNotPromised(string model) =>
        StringAssert.Contains(Assert.ThrowsExactly<RequestException>(() => Choice(model, Request, AccelerationBudget.Parse("30dB"))).Message, $"was not measured with '{model}': run 'ilgpu-diffusion calibrate'");

    [TestMethod]
    [DataRow("sd3", 7, "ditcache cache todo guidance")]
    [DataRow("flux-dev", 3.5, "ditcache cache todo")]
    public async Task TransformersAreCalibratedWithTheirOwnWays(string model, double guidance, string techniques)
    {
        await using DiffusionPipeline pipeline = Open(model, Directory.CreateTempSubdirectory().FullName);
        GenerationRequest request = Request with { Steps = 9, CfgScale = guidance };
        CalibrationPainter painter = new(pipeline.Generator, pipeline.Resolve, _ => 1, _ => 1, [request], CancellationToken.None);
        string[] allowed = [.. CalibrationWays.OfBranches.Concat(CalibrationWays.OfTransformers).Where(technique => painter.Allows(new FrontierPoint(1, "", new AccelerationPolicy(technique).ToJson(), 0))).Select(TechniqueCatalogue.NameOf).Distinct()];
        CollectionAssert.AreEquivalent(techniques.Split(' '), allowed);
        Assert.IsFalse(painter.Allows(new FrontierPoint(1, "", CalibrationWays.TellsUNets.ToJson(), 0)));

        // A short run, of which little is painted.
        request = request with { Steps = 8 };
        await pipeline.CalibrateAsync(request, new CalibrationOptions { Pictures = 1 });
        AccelerationChoice choice = pipeline.Explain(request with { Budget = AccelerationBudget.Times(1.3) }).Choice!;
        Assert.IsTrue(choice.IsCalibrated);
        Assert.IsNotNull(choice.Psnr);
    }

    // The recording has the transformer alone.
    private static ModelCopy Shared()
    {
        ModelCopy copy = new(Golden.Find("models/flux-schnell"));
        copy.Share(Golden.Find("models/flux-dev"), "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "vae");
        return copy;
    }

    private static GenerationRequest Request => TestModels.Small with { Steps = 28 };

    private static AccelerationChoice Choice(string model, GenerationRequest request, AccelerationBudget budget) => Pipelines[model].Explain(request with { Budget = budget }).Choice!;

    // A product of matrices in the denoiser takes a second for each of its 10⁷ operations and all else next to nothing, as in a large model.
    private static DiffusionPipeline Open(string model, string cache)
    {
        DiffusionPipeline pipeline = DiffusionPipeline.Open(model == "flux-schnell" ? Schnell.Folder : Golden.Find($"models/{model}"), new PipelineOptions { Threads = 2, CacheFolder = cache });
        foreach ((bool denoises, LaunchReport launch) in pipeline.Explain(Request).Components.SelectMany(component => component.Executable.Programs.SelectMany(program => program.Launches).Select(launch => (component.VariantOf.Count > 0, launch))))
        {
            pipeline.Costs.Rates.Add(CostSample.Of(launch, denoises && launch.Operation is (Linear or Conv2d) ? launch.Work.Flops * 1e-7 : 1e-9));
        }

        return pipeline;
    }
}
