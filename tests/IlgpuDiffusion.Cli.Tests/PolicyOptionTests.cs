using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Cli.Tests;

[TestClass]
public sealed class PolicyOptionTests
{
    [TestMethod]
    public async Task OptionsOfTechniquesMakeAPolicy()
    {
        Assert.AreEqual(new AccelerationPolicy(new DeepCache { Every = 3 }), await Policy("--deepcache", "3"));
        Assert.AreEqual(new AccelerationPolicy(new TGate { Gate = 0.5 }), await Policy("--tgate", "0.5"));
        Assert.AreEqual(new AccelerationPolicy(new Guidance { Start = 0.1, End = 0.8 }), await Policy("--guidance-interval", "0.1-0.8"));
        Assert.AreEqual(new AccelerationPolicy(new DeepCache { Every = 5 }, new Guidance { Start = 0, End = 0.5 }), await Policy("--policy", """{"version":1,"deepcache":{"every":5}}""", "--guidance-interval", "0-0.5"));
        Assert.AreEqual(new AccelerationPolicy(new DeepCache { Every = 2 }), await Policy("--policy", "deepcache", "--deepcache", "2"));
        Assert.AreEqual(new AccelerationPolicy(new HyperTile { Tile = 256 }, new ToDo { Factors = [4, 2] }), await Policy("--hypertile", "256", "--todo", "4/2"));
        Assert.AreEqual(new AccelerationPolicy(new ToDo(), new DeepShrink { Factor = 1.5 }), await Policy("--todo", "auto", "--deep-shrink", "1.5"));
        Assert.AreEqual(new AccelerationPolicy(new ToMe { Ratio = 0.25 }), await Policy("--tome", "0.25"));
        Assert.IsNull(await Policy());
        Assert.IsNull(await Policy("--policy", "exact"));
    }

    [TestMethod]
    public async Task APolicyIsReadFromAFile()
    {
        using CliRun run = new();
        await File.WriteAllTextAsync(run.Path("p.json"), """{ "version": 1, "tgate": { "gate": 0.3 } }""");
        Assert.AreEqual(0, await run.RunAsync("-p", "x", "-o", run.Path("a.png"), "--policy", run.Path("p.json")), run.Error);
        Assert.AreEqual(new AccelerationPolicy(new TGate { Gate = 0.3 }), run.Requests[0].Policy);
    }

    [TestMethod]
    [DataRow("--policy", "deepcash", "The nearest name is 'deepcache'.")]
    [DataRow("--policy", """{"version":1,"deepcache":{"evry":3}}""", "'every'")]
    [DataRow("--policy", """{"version":7}""", "version 7")]
    [DataRow("--deepcache", "0", "--deepcache is 0")]
    [DataRow("--tgate", "1.5", "--tgate is '1.5'")]
    [DataRow("--guidance-interval", "0.8-0.1", "0.8-0.1")]
    [DataRow("--guidance-interval", "half", "half")]
    [DataRow("--hypertile", "8", "--hypertile is 8")]
    [DataRow("--todo", "2/x", "--todo is '2/x'")]
    [DataRow("--todo", "0.5", "--todo is '0.5'")]
    [DataRow("--policy", """{"version":1,"tome":{},"hypertile":{}}""", "'tome' and 'hypertile' cannot be used together")]
    [DataRow("--policy", """{"version":1,"todo":{"method":"nearestexac"}}""", "todo.method")]
    [DataRow("--budget", "2", "2x (times as fast)")]
    [DataRow("--budget", "0.5x", "at least 1x")]
    [DataRow("--budget", "-3s", "must be above 0")]
    [DataRow("--budget", "2,5x", "a point, not a comma")]
    [DataRow("--policy", "2x", "It is a budget: --budget 2x.")]
    public async Task WhatIsWrongIsNamedAndNothingIsWritten(string option, string value, string says)
    {
        using CliRun run = new();
        Assert.AreEqual(2, await run.RunAsync("-p", "x", "-o", run.Path("a.png"), option, value));
        StringAssert.Contains(run.Error, says);
        Assert.IsEmpty(Directory.GetFileSystemEntries(run.Folder));
    }

    [TestMethod]
    public async Task AFileThatIsNoPolicyIsNotReadToItsEnd()
    {
        using CliRun run = new();
        await File.WriteAllTextAsync(run.Path("p.json"), new string(' ', 1 << 21));
        Assert.AreEqual(2, await run.RunAsync("-p", "x", "-o", run.Path("a.png"), "--policy", run.Path("p.json")));
        StringAssert.Contains(run.Error, "is larger than 1024 KB: it is no policy");
    }

    [TestMethod]
    public async Task ACalibrationThatIsStoppedSaysWhatIsKept()
    {
        using CliRun run = new();
        Assert.AreEqual(130, await run.RunAsync(new CancellationToken(true), "calibrate", "-W", "128", "-H", "128", "--steps", "9"));
        CollectionAssert.AreEqual(new[] { "Nothing is kept: less was measured than is of use.", "cancelled" }, run.Error.Trim().Split('\n').Select(line => line.Trim()).ToArray());
    }

    [TestMethod]
    [DataRow("--deepcache", "3")]
    [DataRow("--policy", "deepcache")]
    [DataRow("--budget", "2x")]
    public async Task CalibratingTakesNoPolicy(string option, string value)
    {
        using CliRun run = new();
        Assert.AreEqual(2, await run.RunAsync("calibrate", option, value));
        StringAssert.Contains(run.Error, "leave --policy, --budget and options of techniques out");
        Assert.AreEqual(0, await run.RunAsync("help", "calibrate"));
        Assert.DoesNotContain(option + " <", run.Output, "and is not offered");
    }

    [TestMethod]
    public async Task CalibratingChoosesItsPicturesItself()
    {
        using CliRun run = new();
        Assert.AreEqual(2, await run.RunAsync("calibrate", "-b", "3"));
        StringAssert.Contains(run.Error, "as --pictures says: leave --batch-count out");
    }

    [TestMethod]
    [DataRow("2x")]
    [DataRow("+2x")]
    [DataRow(" 2x")]
    [DataRow("fast")]
    public void ABudgetIsOneHoweverItBegins(string text) => Assert.AreEqual((null, AccelerationBudget.Times(2)), PolicyChoice.Parse(text, "--with"));

    [TestMethod]
    public async Task APolicyThatCannotBeFollowedGivesWayToAnother()
    {
        using CliRun run = new();
        string picture = run.Path("later.png");
        new Image(8, 8).Save(picture, new PngText("parameters", """
            a house
            Steps: 3, Sampler: DDIM, CFG scale: 4, Seed: 5, Size: 64x64, Model: papercut, Policy: "{\"version\":9}"
            """));
        Assert.AreEqual(1, await run.RunAsync("--from", picture, "-o", run.Path("a.png")));
        StringAssert.Contains(run.Error, "Give another with --policy, or --exact for none.");
        foreach (string[] other in new string[][] { ["--policy", "deepcache"], ["--exact"], ["--budget", "2x"] })
        {
            Assert.AreEqual(0, await run.RunAsync(["--from", picture, "-o", run.Path("a.png"), .. other]), run.Error);
        }

        CollectionAssert.AreEqual((AccelerationPolicy?[])[new(new DeepCache()), null, null], run.Requests.Select(request => request.Policy).ToArray());
    }

    [TestMethod]
    public async Task APictureIsRepeatedWithItsPolicy()
    {
        using CliRun run = new() { UsesPipeline = true };
        string[] small = ["-p", "a red house", "-W", "128", "-H", "128", "--steps", "4", "-s", "3"];
        Assert.AreEqual(0, await run.RunAsync([.. small, "-o", run.Path("exact.png")]), run.Error);
        Assert.AreEqual(0, await run.RunAsync([.. small, "--deepcache", "3", "-o", run.Path("a.png")]), run.Error);
        Assert.AreEqual(0, await run.RunAsync("--from", run.Path("a.png"), "-o", run.Path("b.png")), run.Error);
        CollectionAssert.AreEqual(await File.ReadAllBytesAsync(run.Path("a.png")), await File.ReadAllBytesAsync(run.Path("b.png")));
        CollectionAssert.AreNotEqual(Image.Load(run.Path("exact.png")).Pixels, Image.Load(run.Path("a.png")).Pixels);
        Assert.AreEqual(0, await run.RunAsync("--from", run.Path("a.png"), "--policy", "exact", "-o", run.Path("c.png")), run.Error);
        CollectionAssert.AreEqual(Image.Load(run.Path("exact.png")).Pixels, Image.Load(run.Path("c.png")).Pixels);
        Assert.AreEqual(string.Empty, run.Error);
    }

    [TestMethod]
    public async Task BudgetsAndPresetsAreAskedFor()
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("-p", "x", "-o", run.Path("a.png"), "--budget", "40dB"), run.Error);
        Assert.AreEqual(0, await run.RunAsync("-p", "x", "-o", run.Path("a.png"), "--policy", "turbo"), run.Error);
        CollectionAssert.AreEqual((AccelerationBudget[])[new(BudgetKind.Decibels, 40), AccelerationBudget.Times(3)], run.Requests.Select(request => request.Budget).ToArray());
        Assert.IsTrue(run.Requests.All(request => request.Policy is null));
        foreach (string[] both in new string[][] { ["--budget", "2x", "--policy", "fast"], ["--budget", "2x", "--deepcache", "3"], ["--policy", "fast", "--tome", "0.5"], ["--exact", "--deepcache", "3"], ["--exact", "--budget", "2x"] })
        {
            Assert.AreEqual(2, await run.RunAsync(["-p", "x", .. both]), string.Join(' ', both));
            StringAssert.Contains(run.Error, "leave one of them out");
        }
    }

    [TestMethod]
    public async Task APictureMadeUnderABudgetIsRepeatedAndHasAnExactTwin()
    {
        using CliRun run = new() { UsesPipeline = true };
        string[] small = ["-p", "a red house", "-W", "128", "-H", "128", "--steps", "10", "-s", "3"];
        Assert.AreEqual(0, await run.RunAsync([.. small, "-o", run.Path("exact.png")]), run.Error);
        Assert.AreEqual(0, await run.RunAsync([.. small, "--budget", "30dB", "-o", run.Path("a.png")]), run.Error);
        StringAssert.Contains(run.Error, "budget 30dB: ");
        Assert.AreEqual(0, await run.RunAsync("--from", run.Path("a.png"), "-o", run.Path("b.png")), run.Error);
        CollectionAssert.AreEqual(await File.ReadAllBytesAsync(run.Path("a.png")), await File.ReadAllBytesAsync(run.Path("b.png")));
        CollectionAssert.AreNotEqual(Image.Load(run.Path("exact.png")).Pixels, Image.Load(run.Path("a.png")).Pixels);
        Assert.AreEqual(0, await run.RunAsync("--from", run.Path("a.png"), "--exact", "-o", run.Path("c.png")), run.Error);
        CollectionAssert.AreEqual(await File.ReadAllBytesAsync(run.Path("exact.png")), await File.ReadAllBytesAsync(run.Path("c.png")));
    }

    private static async Task<AccelerationPolicy?> Policy(params string[] args)
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync(["-p", "x", "-o", run.Path("a.png"), .. args]), run.Error);
        return run.Requests[0].Policy;
    }
}
