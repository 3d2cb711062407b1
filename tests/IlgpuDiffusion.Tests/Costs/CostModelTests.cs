using IlgpuDiffusion.Costs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Costs;

/// <summary>How the times of launches become those of programs, what is kept of them, and that a machine which was busy while they were taken spoils nothing.</summary>
[TestClass]
public sealed class CostModelTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;
    private readonly NullDevice _device = new();

    [TestCleanup]
    public void Clean()
    {
        _device.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [TestMethod]
    public void AProgramTakesTheSumOfItsLaunchesAndIsHeldToWhatItTookAsAWhole()
    {
        Executable executable = RateTableTests.Compile(_device, 64);
        CostModel model = Measured(executable, 0.5);
        double sum = 0.5 * RateTableTests.Launches(executable).Length;
        Assert.AreEqual((sum, sum), Known(model, executable));
        model.Correct(2);
        Assert.AreEqual(2 * sum, Cost(model, executable).Seconds, 1e-9);
        Assert.AreEqual(2 * sum, Cost(New(), executable).Seconds, 1e-9, "kept");
    }

    [TestMethod]
    public void OfALaunchThatOthersDisturbedTheLeastOfSeveralTimesCounts()
    {
        Executable executable = RateTableTests.Compile(_device, 64);
        int times = 0;
        CostModel model = New((_, _) => times++ % 3 == 0 ? 0.01 : 0.05);
        Assert.IsTrue(model.Measure(executable.Programs, TimeSpan.MaxValue, null, CancellationToken.None));
        Assert.AreEqual(0.01 * RateTableTests.Launches(executable).Length, Cost(model, executable).Seconds, 1e-9);
        int before = times;
        Assert.IsTrue(model.Measure(executable.Programs, TimeSpan.MaxValue, null, CancellationToken.None));
        Assert.AreEqual(before, times, "what is known is not timed again");
    }

    [TestMethod]
    [DataRow("", 1.05, DisplayName = "what was measured beside the launches")]
    [DataRow("3", 1.05, DisplayName = "a first run that was throttled")]
    [DataRow("1 1.1 6 1.05", 1.05, DisplayName = "one that was throttled later")]
    [DataRow("1 3 3.1 3.2 3", 3, DisplayName = "a machine that has become slower")]
    [DataRow("1 1 1 1 3 3.1 3.2 3 0.9 1 1.1", 1.1, DisplayName = "and fast again")]
    public void RunsSayWhatWholeEvaluationsTake(string runs, double expected)
    {
        Executable executable = RateTableTests.Compile(_device, 64);
        CostModel model = Measured(executable, 0.5);
        model.Correct(1.05);
        double sum = Cost(model, executable).Seconds / model.Factor;
        foreach (double run in runs.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture)))
        {
            model.Learn(run * sum / Cost(model, executable).Seconds);
        }

        Assert.AreEqual(expected, model.Factor, 1e-9);
        Assert.AreEqual(expected, New().Factor, 1e-9, "kept");
    }

    [TestMethod]
    public void TimesOfABusyMachineAreMendedByTheFirstRunAndTakenAgain()
    {
        Executable executable = RateTableTests.Compile(_device, 64), other = RateTableTests.Compile(_device, 128);
        CostModel busy = Measured(executable, 5);
        busy.Correct(1);
        Measured(other, 5);
        double quiet = Cost(busy, executable).Seconds / 10;
        busy.Learn(0.1);
        Assert.AreEqual(quiet, Cost(busy, executable).Seconds, 1e-9);
        Assert.AreEqual(0, Cost(busy, executable).Timed, "not trusted");

        CostModel later = New((_, _) => 0.4);
        later.Learn(0.1);
        Assert.AreEqual(0, Cost(later, executable).Timed);
        later.Measure(executable.Programs, TimeSpan.MaxValue, null, CancellationToken.None);
        double sum = 0.4 * RateTableTests.Launches(executable).Length;
        Assert.AreEqual((sum, sum), Known(later, executable));
        Assert.AreEqual((sum, sum), Known(New(), executable), "kept");
        Assert.HasCount(RateTableTests.Launches(executable).Length, New().Rates.Samples, "no other of the busy times is left");
    }

    [TestMethod]
    public async Task ProgramsThatMeasureAndRunAtTheSameTimeLoseNothing()
    {
        Executable[] executables = [.. Enumerable.Range(1, 6).Select(i => RateTableTests.Compile(_device, 64 * i))];
        await Task.WhenAll(executables.Select(executable => Task.Run(() => Measured(executable, 0.5))));
        CostModel later = New();
        Assert.IsTrue(executables.SelectMany(RateTableTests.Launches).All(later.Rates.Knows));
        CostModel[] models = [.. Enumerable.Range(0, 5).Select(_ => New())];
        await Task.WhenAll(models.Select((model, i) => Task.Run(() => model.Learn(i + 1))));
        Assert.AreEqual(3, New().Factor, 1e-9);
        string kept = File.ReadAllText(Directory.GetFiles(_folder, "pace-*.json").Single());
        Assert.IsTrue(Enumerable.Range(1, 5).All(ratio => kept.Contains($"{ratio}", StringComparison.Ordinal)), kept);
        Assert.IsEmpty(Directory.GetFiles(_folder, "*.tmp"));
    }

    [TestMethod]
    public void AKeptFileThatIsDamagedIsAsNone()
    {
        CostModel model = Measured(RateTableTests.Compile(_device, 64), 0.5);
        model.Learn(2);
        foreach (string file in Directory.GetFiles(_folder, "*.json"))
        {
            File.WriteAllText(file, "{");
        }

        Assert.IsEmpty(New().Rates.Samples);
        Assert.AreEqual(1, New().Factor);
    }

    [TestMethod]
    public void WhereNothingCanBeKeptTheModelWorksAllTheSame()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        Executable executable = RateTableTests.Compile(_device, 64);
        CostModel model = new(_device, new UserCache(Path.Combine(file, "no folder")), (_, _) => 0.5);
        model.Measure(executable.Programs, TimeSpan.MaxValue, null, CancellationToken.None);
        model.Learn(2);
        Assert.AreEqual(2 * 0.5 * RateTableTests.Launches(executable).Length, Cost(model, executable).Seconds, 1e-9);
    }

    private static ProgramCost Cost(CostModel model, Executable executable) => model.Of(executable).Single(cost => cost.Variant == 0);

    private static (double, double) Known(CostModel model, Executable executable) => (Cost(model, executable).Seconds, Cost(model, executable).Timed);

    private CostModel New(Func<LaunchReport, CancellationToken, double>? time = null) => new(_device, new UserCache(_folder), time);

    private CostModel Measured(Executable executable, double seconds)
    {
        CostModel model = New((_, _) => seconds);
        model.Measure(executable.Programs, TimeSpan.MaxValue, null, CancellationToken.None);
        return model;
    }
}
