using IlgpuDiffusion.Costs;
using IlgpuDiffusion.Tests.Pipelines;

namespace IlgpuDiffusion.Tests.Costs;

/// <summary>Expected times through the whole pipeline, on the model that ships.</summary>
[TestClass]
public sealed class ExpectedTimePapercutTests
{
    private static readonly GenerationRequest Request = TestModels.Small with { Steps = 3 };

    [TestMethod]
    public async Task TheExpectedTimeIsTheSumOverAllThatRuns()
    {
        await using DiffusionPipeline pipeline = Open(Directory.CreateTempSubdirectory().FullName);
        Explanation before = pipeline.Explain(Request);
        Assert.AreEqual(0, before.MeasuredShare);
        Assert.IsGreaterThan(TimeSpan.Zero, before.Expected.Denoising);
        foreach (ComponentExplanation component in before.Components)
        {
            foreach (Graphs.Execution.LaunchReport launch in component.Executable.Programs.SelectMany(program => program.Launches))
            {
                pipeline.Costs.Rates.Add(CostSample.Of(launch, 0.001));
            }
        }

        Explanation after = pipeline.Explain(Request);
        Assert.AreEqual(1, after.MeasuredShare, 1e-9);
        ComponentExplanation denoiser = after.Components.Single(component => component.VariantOf.Count > 0);
        Assert.AreEqual(denoiser.Executable.Programs.Sum(program => program.Launches.Count * (program.Variant is null ? 1 : 3)) * 0.001, after.Expected.Denoising.TotalSeconds, 1e-6);
        Assert.AreEqual(after.Components.Sum(component => component.Expected.TotalSeconds), after.Expected.Total.TotalSeconds, 1e-6);
        Assert.AreEqual(after.Expected, (await pipeline.GenerateAsync(Request)).Expected);
    }

    [TestMethod]
    public async Task WhatWasMeasuredIsKeptForLater()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        await using (DiffusionPipeline pipeline = Open(folder))
        {
            List<CalibrationProgress> told = [];
            await pipeline.MeasureAsync(Request, progress: new Immediate<CalibrationProgress>(told.Add));
            Assert.AreEqual(1, pipeline.Explain(Request).MeasuredShare, 1e-9);
            Assert.AreEqual(told[^1].Count, told[^1].Done);
        }

        await using DiffusionPipeline later = Open(folder);
        Assert.AreEqual(1, later.Explain(Request).MeasuredShare, 1e-9);
        Assert.IsTrue(later.Explain(Request with { Width = 128 }).MeasuredShare is > 0 and < 1, "another size has other kernels");
        Assert.IsGreaterThan(later.Explain(Request).Expected.Denoising, later.Explain(Request with { Width = 128 }).Expected.Denoising);
    }

    private static DiffusionPipeline Open(string folder) => DiffusionPipeline.Open(TestModels.Papercut, new PipelineOptions { Threads = 2, CacheFolder = folder });
}
