using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Costs;
using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Requests;
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

    [TestMethod]
    public async Task RunsHoldTheModelToWhatTheirStepsTake()
    {
        await using DiffusionPipeline pipeline = Open(Directory.CreateTempSubdirectory().FullName);
        GenerationRequest request = Request with { Steps = 6, Policy = new(new DeepCache { Every = 2 }) };
        await pipeline.GenerateAsync(request);
        Assert.AreEqual(1, pipeline.Costs.Factor, "nothing was measured that could be held to anything");
        Assert.IsNull(Pace(1, 1, 1, 1, 1, 1));
        foreach (Graphs.Execution.LaunchReport launch in pipeline.Explain(request).Components.SelectMany(component => component.Executable.Programs).SelectMany(program => program.Launches))
        {
            pipeline.Costs.Rates.Add(CostSample.Of(launch, 0.001));
        }

        Assert.AreEqual(2, Pace(90, 2, 2, 2, 50, 2)!.Value, 1e-6, "not the first, which touches memory, nor one that waited");
        await pipeline.GenerateAsync(request);
        Assert.AreNotEqual(1, pipeline.Costs.Factor);

        // Each step as many times as long as it is expected to be.
        double? Pace(params double[] times)
        {
            ResolvedRequest resolved = pipeline.Resolve(request);
            Explanation explained = pipeline.Explain(resolved);
            ComponentExplanation loop = explained.Components.Single(component => component.VariantOf.Count > 0);
            RunPace pace = new(resolved, explained.Components);
            for (int step = 0; step < times.Length; step++)
            {
                double expected = loop.Costs.Single(cost => cost.Variant == loop.VariantOf[step]).Seconds;
                pace.StepTook(step, TimeSpan.FromSeconds(times[step] * expected));
            }

            return pace.Ratio;
        }
    }

    [TestMethod]
    public async Task AttentionOverTilesTakesAsLongAsTheTilesOfEachEvaluationAreLarge()
    {
        await using DiffusionPipeline pipeline = Open(Directory.CreateTempSubdirectory().FullName);
        GenerationRequest request = Request with { Width = 320, Height = 256, Steps = 6, Policy = new(new HyperTile { Tile = 128, Sizes = 2 }) };
        ResolvedRequest resolved = pipeline.Resolve(request);
        ComponentExplanation loop = pipeline.Explain(resolved).Components.Single(component => component.VariantOf.Count > 0);
        ProgramCost cost = loop.Costs.Single(cost => cost.Variant is not null);
        Graphs.Execution.LaunchReport launch = cost.Tiled[0].Launch;
        double[] pairs = [.. Enumerable.Range(0, 6).Select(e => TiledCost.Pairs(launch, name => resolved.Plan.Numbers.Row<int>(name, e)))];
        int points = launch.Inputs[0].Shape.Tokens, tiles = launch.Inputs[1].Shape.Width;
        Assert.IsTrue(pairs.All(p => p >= 1 && p <= tiles), "from tiles of one size to the whole grid");
        Assert.IsGreaterThan(1.5, pairs.Max() / pairs.Min(), "tiles of two sizes");
        int[] first = resolved.Plan.Numbers.Row<int>(launch.Names[1]!, 0).ToArray();
        double squares = Enumerable.Range(0, tiles).Sum(t => Math.Pow((first[(4 * t) + 1] - first[4 * t]) * (first[(4 * t) + 3] - first[(4 * t) + 2]), 2));
        Assert.AreEqual(squares * tiles / points / points, pairs[0], 1e-9);
        Assert.AreEqual(Enumerable.Range(0, 6).Sum(e => cost.Seconds + cost.Tiled.Sum(one => one.Seconds * (TiledCost.Pairs(one.Launch, name => resolved.Plan.Numbers.Row<int>(name, e)) - 1))) + loop.Costs.Where(c => c.Variant is null).Sum(c => c.Seconds), loop.Expected.TotalSeconds, 1e-6);
    }

    private static DiffusionPipeline Open(string folder) => DiffusionPipeline.Open(TestModels.Papercut, new PipelineOptions { Threads = 2, CacheFolder = folder });
}
