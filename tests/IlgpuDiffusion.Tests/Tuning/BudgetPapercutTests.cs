using System.Text.Json;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Costs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Tests.Pipelines;
using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion.Tests.Tuning;

/// <summary>Budgets through the whole pipeline, on the model that ships, with rates that are given.</summary>
[TestClass]
public sealed class BudgetPapercutTests
{
    private static readonly GenerationRequest Request = TestModels.Small with { Steps = 20 };

    [TestMethod]
    [DataRow(1.25)]
    [DataRow(1.5)]
    [DataRow(2)]
    [DataRow(3)]
    public async Task ABudgetOfSpeedIsKept(double factor)
    {
        await using DiffusionPipeline pipeline = Open();
        Explanation exact = pipeline.Explain(Request), chosen = pipeline.Explain(Request with { Budget = AccelerationBudget.Times(factor) });
        Assert.IsLessThanOrEqualTo(exact.Expected.Total.TotalSeconds / factor * 1.02, chosen.Expected.Total.TotalSeconds);
        Assert.IsGreaterThanOrEqualTo(exact.Expected.Total.TotalSeconds / factor * 0.85, chosen.Expected.Total.TotalSeconds, "schedules come in whole evaluations, but no more is spared than they need");
        Assert.AreEqual(chosen.Expected.Total.TotalSeconds, chosen.Choice!.Seconds, 0.01 * chosen.Choice.Seconds);
        Assert.AreEqual(exact.Expected.Total.TotalSeconds, chosen.Choice.ExactSeconds, 0.01 * chosen.Choice.ExactSeconds);
        Assert.IsFalse(chosen.Choice.IsCalibrated, "it says so where the shipped measurement serves");
        StringAssert.Contains(chosen.Choice.ToString(), "measured with papercut as it ships");
    }

    [TestMethod]
    public async Task WhatShipsWasMeasuredWithTheModelThatShips()
    {
        await using DiffusionPipeline pipeline = Open();
        string papercut = new ModelFingerprint(pipeline.Model.Parts).Of(AdapterSet.None);
        Assert.IsTrue(Frontier.OfPapercut.All(shipped => shipped.Fingerprint == papercut));
        Assert.Contains(Frontier.OfUNets, Frontier.OfPapercut);
    }

    [TestMethod]
    [DataRow(256, "papercut as it ships")]
    [DataRow(512, "papercut as it ships")]
    [DataRow(320, "papercut as it ships at 256x256 in 20 steps, guidance 4.5; 'calibrate' measures other settings")]
    [DataRow(448, "papercut as it ships at 512x512 in 20 steps, guidance 4.5; 'calibrate' measures other settings")]
    public async Task EverySizeGoesByTheNearestThatWasMeasured(int size, string measuredWith)
    {
        await using DiffusionPipeline pipeline = Open();
        AccelerationChoice choice = pipeline.Explain(new GenerationRequest { Prompt = "", Width = size, Height = size, Steps = 20, Budget = AccelerationBudget.Times(1.25) }).Choice!;
        Assert.AreEqual(measuredWith, choice.MeasuredWith);
    }

    [TestMethod]
    public async Task MoreSpeedIsPaidWithLikeness()
    {
        await using DiffusionPipeline pipeline = Open();
        double[] likeness = [.. new[] { 1, 1.5, 2, 3, 4 }.Select(factor => pipeline.Explain(Request with { Budget = AccelerationBudget.Times(factor) }).Choice!.Psnr!.Value)];
        Assert.AreEqual(double.PositiveInfinity, likeness[0], "what is fast enough as it is stays exact");
        CollectionAssert.AreEqual(likeness.OrderDescending().ToArray(), likeness);
    }

    [TestMethod]
    public async Task ABudgetOfLikenessTakesTheFastest()
    {
        await using DiffusionPipeline pipeline = Open();
        AccelerationChoice much = pipeline.Explain(Request with { Budget = AccelerationBudget.Parse("42dB") }).Choice!, little = pipeline.Explain(Request with { Budget = AccelerationBudget.Parse("30dB") }).Choice!;
        Assert.IsGreaterThanOrEqualTo(42, Sure(much), "a mean of so few pictures is not known better than to its standard error");
        Assert.IsGreaterThanOrEqualTo(30, Sure(little));
        StringAssert.Contains(little.ToString(), FormattableString.Invariant($"about {little.Psnr:0} dB, give or take {little.PsnrSpread:0}, from its picture"));
        Assert.IsLessThan(much.Seconds, little.Seconds);
        Assert.AreEqual(AccelerationPolicy.Exact, pipeline.Explain(Request with { Budget = AccelerationBudget.Parse("90dB") }).Choice!.Policy);

        static double Sure(AccelerationChoice choice) => choice.Psnr!.Value - (choice.PsnrSpread!.Value / Math.Sqrt(Frontier.OfUNets.Pictures));
    }

    [TestMethod]
    public async Task ABudgetOfSecondsCountsAPicture()
    {
        await using DiffusionPipeline pipeline = Open();
        double exact = pipeline.Explain(Request).Expected.Total.TotalSeconds;
        AccelerationBudget budget = new(BudgetKind.Seconds, exact / 2);
        Assert.IsLessThanOrEqualTo(exact / 2 * 1.006, pipeline.Explain(Request with { Budget = budget }).Choice!.Seconds);
        Assert.IsLessThanOrEqualTo(exact / 2 * 1.006, pipeline.Explain(Request with { Budget = budget, BatchCount = 3, BatchSize = 1 }).Choice!.Seconds);
    }

    [TestMethod]
    public async Task ABudgetThatCannotBeMetNamesTheBest()
    {
        await using DiffusionPipeline pipeline = Open();
        RequestException e = Assert.ThrowsExactly<RequestException>(() => pipeline.Explain(Request with { Budget = AccelerationBudget.Times(500) }));
        StringAssert.Matches(e.Message, new(@"^A budget of 500x cannot be met: the fastest way that is known takes [\d.]+ s for a picture, [\d.]+ times as fast as exact, at about \d+ dB\."));
        StringAssert.Contains(Assert.ThrowsExactly<RequestException>(() => pipeline.Explain(Request with { Budget = AccelerationBudget.Times(2), Policy = new(new DeepCache()) })).Message, "leave one of them out");
    }

    [TestMethod]
    public async Task AShortRunTakesFewerStepsAndNoCache()
    {
        await using DiffusionPipeline pipeline = Open();
        Explanation chosen = pipeline.Explain(Request with { Steps = 8, Budget = AccelerationBudget.Times(1.5) });
        Assert.IsEmpty(chosen.Choice!.Policy.Techniques);
        Assert.IsLessThan(8, chosen.Steps);
        StringAssert.Contains(chosen.Choice.ToString(), $"{chosen.Steps} of 8 steps and nothing else");
    }

    [TestMethod]
    public async Task ThePictureStoresWhatWasChosenAndIsRepeatedFromIt()
    {
        await using DiffusionPipeline pipeline = Open();
        GenerationRequest request = Request with { Steps = 10, Budget = AccelerationBudget.Times(1.5) };
        GeneratedImage picture = (await pipeline.GenerateAsync(request)).Images[0];
        GenerationMetadata read = ParametersText.Parse(picture.Parameters);
        Assert.AreEqual(10, read.Steps);
        Assert.AreEqual(pipeline.Explain(request).Choice!.Policy, AccelerationPolicy.Parse(read.Policy!));
        CollectionAssert.AreEqual(picture.Image.Pixels, (await pipeline.Pixels(request with { Budget = null, Policy = AccelerationPolicy.Parse(read.Policy!) }))[0]);
    }

    [TestMethod]
    public async Task ACalibrationIsKeptWithItsSamplerAndServesFromThenOn()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        GenerationRequest request = Request with { Steps = 8 };
        await using (DiffusionPipeline pipeline = Open(folder))
        {
            List<CalibrationProgress> told = [];
            await pipeline.CalibrateAsync(request, new CalibrationOptions { Pictures = 1 }, new Immediate<CalibrationProgress>(told.Add));
            Assert.AreEqual("pictures", told[^1].What);
            Assert.AreEqual(told[^1].Count, told[^1].Done);
        }

        Frontier kept = JsonSerializer.Deserialize(File.ReadAllText(Directory.GetFiles(folder, "calibration-*.json").Single()), FrontierJson.Default.Calibrations)!.All.Single();
        Assert.AreEqual(new CalibrationConditions("DDIM", null, "Velocity", 8, 64, 64, 4) { Moves = Frontier.OfUNets.Conditions!.Moves }, kept.Conditions);

        await using DiffusionPipeline later = Open(folder);
        AccelerationChoice Choice(GenerationRequest asked) => later.Explain(asked with { Budget = AccelerationBudget.Times(1.3) }).Choice!;
        AccelerationChoice choice = Choice(request);
        Assert.IsTrue(choice.IsCalibrated);
        StringAssert.Contains(choice.ToString(), "(measured with this model)");
        StringAssert.Contains(Choice(request with { Steps = 10 }).ToString(), "(measured with this model at 64x64 in 8 steps, guidance 4)");

        StringAssert.Contains(Choice(request with { InitImage = new Image(64, 64), Strength = 0.9 }).ToString(), "(measured with this model at 64x64 in 8 steps, guidance 4, without a start picture at strength 0.9)");
        Assert.IsTrue(Choice(request with { Eta = 0 }).IsCalibrated, "what the sampler has anyway");
        StringAssert.Contains(Choice(request with { Eta = 0.5 }).ToString(), "measured with this model and DDIM, not with DDIM, eta 0.5");

        // Nothing is promised of a sampler that nothing was measured with.
        GenerationRequest other = request with { Sampler = "euler_ancestral" };
        AccelerationChoice ordered = Choice(other);
        Assert.IsFalse(ordered.IsCalibrated);
        Assert.IsNull(ordered.Psnr);
        StringAssert.Contains(ordered.ToString(), "the order in which ways lose was measured with this model and DDIM, not with Euler a");
        Assert.IsNull(later.Explain(other with { Policy = choice.Policy }).Likeness);
        StringAssert.Contains(Assert.ThrowsExactly<RequestException>(() => later.Explain(other with { Budget = AccelerationBudget.Parse("30dB") })).Message, "and Euler a: run 'ilgpu-diffusion calibrate'");
    }

    [TestMethod]
    [DataRow(2, false, DisplayName = "less than is of use")]
    [DataRow(12, true, DisplayName = "more")]
    public async Task StoppedAfterSomePicturesWhatIsOfUseIsKept(int pictures, bool isKept)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        GenerationRequest request = Request with { Steps = 9 };
        await using DiffusionPipeline pipeline = Open(folder);
        await StopAfter(pictures);
        string[] files = Directory.GetFiles(folder, "calibration-*.json");
        Assert.HasCount(isKept ? 1 : 0, files);
        AccelerationChoice choice = pipeline.Explain(request with { Budget = AccelerationBudget.Times(1.3) }).Choice!;
        Assert.AreEqual(isKept, choice.IsCalibrated);
        if (isKept)
        {
            Assert.AreEqual("this model", choice.MeasuredWith);

            // What a longer one has measured is worth more.
            string before = File.ReadAllText(files[0]);
            await StopAfter(pictures - 1);
            Assert.AreEqual(before, File.ReadAllText(files[0]));
        }

        async Task StopAfter(int count)
        {
            using CancellationTokenSource stop = new();
            Immediate<CalibrationProgress> stopping = new(told => { if (told.What == "pictures" && told.Done == count) { stop.Cancel(); } });
            await Assert.ThrowsAsync<OperationCanceledException>(() => pipeline.CalibrateAsync(request, new CalibrationOptions { Time = Timeout.InfiniteTimeSpan, Pictures = 1 }, stopping, stop.Token));
        }
    }

    [TestMethod]
    [DataRow("{}")]
    [DataRow("{\"All\":[null]}")]
    [DataRow("{\"All\":[{\"Source\":\"x\",\"Pictures\":1,\"Points\":[]}]}", DisplayName = "without conditions")]
    [DataRow("{\"All\":[{\"Source\":\"x\",\"Pictures\":1,\"Points\":[{\"Steps\":1,\"Pattern\":\"#x\",\"Policy\":null,\"Psnr\":50,\"Cost\":0.5}],\"Conditions\":{\"Sampler\":\"DDIM\",\"Schedule\":null,\"Prediction\":\"Velocity\",\"Steps\":20,\"Width\":64,\"Height\":64,\"Guidance\":4}}]}", DisplayName = "a pattern that is none")]
    [DataRow("{\"All\":[{\"Source\":\"x\",\"Pictures\":1,\"Points\":[{\"Steps\":1,\"Pattern\":\"\",\"Policy\":\"{}\",\"Psnr\":50,\"Cost\":0.5}],\"Conditions\":{\"Sampler\":\"DDIM\",\"Schedule\":null,\"Prediction\":\"Velocity\",\"Steps\":20,\"Width\":64,\"Height\":64,\"Guidance\":4}}]}", DisplayName = "a policy that is none")]
    public async Task ADamagedCalibrationIsAsIfItWereNotThere(string content)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        await using DiffusionPipeline pipeline = Open(folder);
        string key = $"{new ModelFingerprint(pipeline.Model.Parts).Of(AdapterSet.None)} {UserCache.Version}";
        new UserCache(folder).Update("calibration", key, _ => new Calibrations([Frontier.OfUNets]), FrontierJson.Default.Calibrations);
        string file = Directory.GetFiles(folder, "calibration-*.json").Single();
        Assert.IsTrue(pipeline.Explain(Request with { Budget = AccelerationBudget.Times(1.5) }).Choice!.IsCalibrated);
        File.WriteAllText(file, content);
        await using DiffusionPipeline later = Open(folder);
        StringAssert.Contains(later.Explain(Request with { Budget = AccelerationBudget.Times(1.5) }).Choice!.ToString(), "measured with papercut as it ships");
    }

    [TestMethod]
    public async Task WhereNothingCanBeKeptNothingIsMeasured()
    {
        string file = Path.GetTempFileName();
        await using DiffusionPipeline pipeline = Open(Path.Combine(file, "cache"));
        List<CalibrationProgress> told = [];
        StringAssert.Contains((await Assert.ThrowsExactlyAsync<IOException>(() => pipeline.CalibrateAsync(Request, progress: new Immediate<CalibrationProgress>(told.Add)))).Message, file);
        Assert.IsEmpty(told);
    }

    [TestMethod]
    public async Task OneStepHasNothingToCalibrate()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        await using DiffusionPipeline pipeline = Open(folder);
        GenerationRequest request = Request with { Steps = 1 };
        RequestException e = await Assert.ThrowsExactlyAsync<RequestException>(() => pipeline.CalibrateAsync(request, new CalibrationOptions { Pictures = 1, Time = Timeout.InfiniteTimeSpan }));
        StringAssert.Contains(e.Message, "--steps");
        Assert.IsEmpty(Directory.GetFiles(folder, "calibration-*.json"));
        StringAssert.Contains(Assert.ThrowsExactly<RequestException>(() => pipeline.Explain(request with { Budget = AccelerationBudget.Times(2) })).Message, "cannot be met");
    }

    [TestMethod]
    public async Task LikenessIsThePlansWhateverThePolicyIsCalled()
    {
        await using DiffusionPipeline pipeline = Open();
        FrontierPoint two = Frontier.OfUNets.Points.First(point => point is { Steps: 1, Pattern.Length: > 0, Policy: not null });
        AccelerationPolicy policy = two.For(20);
        ExpectedLikeness asMeasured = pipeline.Explain(Request with { Policy = policy }).Likeness!;
        Assert.IsTrue(asMeasured.IsMeasured);
        Assert.AreEqual(asMeasured, pipeline.Explain(Request with { Policy = new([.. policy.Techniques.Reverse()]) { Steps = policy.Steps } }).Likeness, "the order of techniques means nothing");

        Guidance early = new() { End = 0.8 };
        Assert.AreEqual(double.PositiveInfinity, pipeline.Explain(Request with { CfgScale = 1, Policy = new(early) }).Likeness!.Psnr, "nothing is left out");
        Assert.IsLessThan(60, pipeline.Explain(Request with { Policy = new(early) }).Likeness!.Psnr);
    }

    [TestMethod]
    public async Task TheLeastHasWhatIsKnownOfModelsLikeIt()
    {
        await using DiffusionPipeline pipeline = Open();
        GenerationRequest request = Request with { Steps = 9 };
        CalibrationOptions options = new() { Time = 1.1 * CalibrationPlan.Least * pipeline.Explain(request).Expected.Total };
        Frontier found = await pipeline.MeasureLikenessAsync(request, options, Frontier.OfUNets, null, 0, _ => { }, CancellationToken.None);
        Assert.AreEqual(1, found.Pictures);
        Assert.IsGreaterThanOrEqualTo(CalibrationWays.Least, found.Points.Count(point => point.IsPlain));
        Assert.IsTrue(found.Points.Any(point => point is { IsPlain: false, Psnr: > 10, Cost: > 0 and < 1 }));
    }

    [TestMethod]
    public async Task TooLittleTimeToCalibrateIsSaidBeforehand()
    {
        await using DiffusionPipeline pipeline = Open();
        RequestException e = await Assert.ThrowsExactlyAsync<RequestException>(() => pipeline.CalibrateAsync(Request, new CalibrationOptions { Time = TimeSpan.FromMilliseconds(50) }));
        StringAssert.Matches(e.Message, new(@"^There is too little time to calibrate: an exact picture at 64x64 in 20 steps, guidance 4 takes about [\d.]+ s here, and the least that is of use about [\d.]+ minutes\."));
    }

    // Every launch takes a thousandth of a second for each of its 10⁷ operations, and a little.
    private static DiffusionPipeline Open(string? folder = null)
    {
        DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Papercut, new PipelineOptions { Threads = 2, CacheFolder = folder ?? Directory.CreateTempSubdirectory().FullName });
        foreach (LaunchReport launch in pipeline.Explain(Request).Components.SelectMany(component => component.Executable.Programs).SelectMany(program => program.Launches))
        {
            pipeline.Costs.Rates.Add(CostSample.Of(launch, 1e-6 + (launch.Work.Flops * 1e-10)));
        }

        return pipeline;
    }
}
