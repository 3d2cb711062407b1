using IlgpuDiffusion.Perf.OnGpu;

namespace IlgpuDiffusion.Gpu.Tests.Measuring;

/// <summary>What a run of measurements decides: which steps run for how long, what its file keeps, which targets are reached.</summary>
[TestClass]
public sealed class MeasuringTests
{
    [TestMethod]
    public void ATargetFromBelowAndOneFromAboveAreJudged()
    {
        Target least = new("rate ≥ 400", "rate", 400), most = new("overhead ≤ 0.05", "overhead", 0.05, AtMost: true);
        Assert.AreEqual(Verdict.Reached, least.Judge(400));
        Assert.AreEqual(Verdict.Missed, least.Judge(399.9));
        Assert.AreEqual(Verdict.Reached, most.Judge(0.05));
        Assert.AreEqual(Verdict.Missed, most.Judge(double.PositiveInfinity));
        Assert.AreEqual(Verdict.NotMeasured, most.Judge(null));
        Assert.AreEqual(Verdict.NotMeasured, most.Judge(double.NaN));
    }

    [TestMethod]
    public void EveryTargetHasARowAndItsOwnMeasure()
    {
        CollectionAssert.AllItemsAreUnique(Target.All.Select(target => target.Measure).ToArray());
        string[][] rows = [.. Target.Rows(name => name == "gemm.bf16" ? 412.5 : null).Select(row => row.ToArray())];
        Assert.HasCount(Target.All.Count, rows);
        Assert.HasCount(1, rows.Where(row => row is [_, "412", "reached"]));
        Assert.HasCount(rows.Length - 1, rows.Where(row => row is [_, "–", "not measured"]));
    }

    [TestMethod]
    public void AStepRunsToItsOwnLimitOrALittleBeyondTheBudget()
    {
        TimeSpan now = default;
        Budget budget = new(TimeSpan.FromSeconds(100), () => now);
        Assert.AreEqual(TimeSpan.FromSeconds(60), budget.LimitOf(TimeSpan.FromSeconds(60)));
        now = TimeSpan.FromSeconds(80);
        Assert.AreEqual(TimeSpan.FromSeconds(30), budget.LimitOf(TimeSpan.FromSeconds(60)));
        Assert.IsFalse(budget.IsSpent);
        now = TimeSpan.FromSeconds(130);
        Assert.IsTrue(budget.IsSpent);
        Assert.AreEqual(TimeSpan.Zero, budget.Left);
    }

    [TestMethod]
    public void AStepGoesOnBehindTheCaseThatLostTheDeviceOrHung()
    {
        Assert.IsTrue(new StepEnd(StepEnd.Lost, 5).GoesOn(0));
        Assert.IsTrue(new StepEnd(134, 6).GoesOn(5), "a crash");
        Assert.IsFalse(new StepEnd(StepEnd.Lost, 5).GoesOn(5), "no case was begun: the device is gone for every process");
        Assert.IsFalse(new StepEnd(0, 5).GoesOn(0));
        Assert.IsFalse(new StepEnd(1, 5).GoesOn(0), "cases failed and the device is well");
        Assert.IsTrue(new StepEnd(null, 5).GoesOn(4), "it hung");
    }

    [TestMethod]
    public void PatienceBeginsAnewWithEveryCase()
    {
        Patience patience = new(TimeSpan.FromSeconds(10));
        Assert.IsFalse(patience.IsOver(0, TimeSpan.FromSeconds(9)));
        Assert.IsFalse(patience.IsOver(1, TimeSpan.FromSeconds(11)));
        Assert.IsFalse(patience.IsOver(1, TimeSpan.FromSeconds(21)));
        Assert.IsTrue(patience.IsOver(1, TimeSpan.FromSeconds(21.5)));
    }

    [TestMethod]
    public void StepsRunInTheirOwnOrderAndUnknownOnesAreNamed()
    {
        string[] all = ["facts", "gemm", "vae"];
        CollectionAssert.AreEqual(all, StepNames.Choose(all, null).ToArray());
        CollectionAssert.AreEqual((string[])["facts", "vae"], StepNames.Choose(all, "vae, facts").ToArray());
        ArgumentException e = Assert.ThrowsExactly<ArgumentException>(() => StepNames.Choose(all, "facts,unet"));
        Assert.AreEqual("There is no step unet. Steps: facts, gemm, vae.", e.Message);
    }

    [TestMethod]
    public void ANameMayStandForSeveralSteps()
    {
        string[] all = ["facts", "gemm", "vae"];
        (string, string[])[] groups = [("rates", ["gemm", "vae"])];
        CollectionAssert.AreEqual((string[])["gemm", "vae"], StepNames.Choose(all, "rates", groups).ToArray());
        CollectionAssert.AreEqual(all, StepNames.Choose(all, "rates,facts", groups).ToArray());
        Assert.EndsWith("Steps: facts, gemm, vae, rates.", Assert.ThrowsExactly<ArgumentException>(() => StepNames.Choose(all, "rate", groups)).Message);
    }

    [TestMethod]
    [DataRow(1.0, 0, 3, null)]
    [DataRow(1.0, 1, 2, "not begun: 1 of 3 ops of 'smoke' failed")]
    [DataRow(0.5, 2, 2, null)]
    [DataRow(0.5, 3, 2, "not begun: 3 of 5 ops of 'smoke' failed")]
    [DataRow(0.5, 0, 0, "not begun: no op of 'smoke' came to its end")]
    [DataRow(0.0, 3, 0, null)]
    public void ARunStopsBehindAStepOfWhichTooLittleCameThrough(double needed, int failed, int passed, string? expected)
    {
        // One that is too far off has a row too; others and what was not begun do not count.
        List<Finding> findings = [new("smoke", Finding.Ops, "late") { Error = Finding.NotBegun }, new("correct", Finding.Ops, "other") { Error = "broken" }, new("smoke", "", "log") { Error = "none" }];
        findings.AddRange(Enumerable.Range(0, failed + passed).Where(i => i > 0 || failed == 0).Select(i => new Finding("smoke", Finding.Ops, $"{i}")));
        findings.AddRange(Enumerable.Range(0, failed).Select(i => new Finding("smoke", Finding.Ops, $"{i}") { Error = "too far" }));
        Assert.AreEqual(expected, Gate.Stop("smoke", needed, findings));
    }

    [TestMethod]
    public void AFileThatBreaksOffGivesWhatCameBefore()
    {
        string path = Path.GetTempFileName();
        try
        {
            FindingsFile file = new(path);
            file.Add(new Finding("gemm", "product", "8192³") { Numbers = new() { ["µs"] = 2.5, ["TFLOP/s"] = double.PositiveInfinity }, Note = "kernel" });
            file.Add(new Finding("gemm", Finding.Measures, "gemm.bf16") { Numbers = new() { ["value"] = 300 } });
            file.Add(new Finding("gemm", Finding.Measures, "gemm.bf16") { Numbers = new() { ["value"] = 410 } });
            File.AppendAllText(path, "{\"Step\":\"vae\",\"Ta");
            IReadOnlyList<Finding> read = file.Read();
            Assert.HasCount(3, read);
            Assert.AreEqual("[gemm] product: 8192³ µs 2.50, TFLOP/s Infinity kernel", read[0].ToString());
            Func<string, double?> measure = FindingsFile.Measures(read);
            Assert.AreEqual(410, measure("gemm.bf16"));
            Assert.IsNull(measure("gemm.of-torch"));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
