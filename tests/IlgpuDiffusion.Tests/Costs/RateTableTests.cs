using IlgpuDiffusion.Costs;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Costs;

/// <summary>What a table of rates says of launches that it knows, and of others.</summary>
[TestClass]
public sealed class RateTableTests
{
    private static readonly LaunchReport Small = Product(64), Large = Product(256);

    [TestMethod]
    public void WhatWasTimedTakesWhatItTook() => Assert.AreEqual((0.25, true), new RateTable(CostSample.Of(Small, 0.25)).Predict(Small));

    [TestMethod]
    public void WhatWasNotTimedTakesWhatItWouldAtTheRateOfTheNearest()
    {
        (double seconds, bool timed) = new RateTable(CostSample.Of(Small, 0.25)).Predict(Large);
        Assert.IsFalse(timed);
        Assert.AreEqual(0.25 * Large.Work.Flops / Small.Work.Flops, seconds, 1e-9);
    }

    [TestMethod]
    public void WhatEveryLaunchTakesDoesNotGrowWithItsWork()
    {
        static double Seconds(LaunchReport launch) => 1e-4 + (launch.Work.Flops / 1e12);
        RateTable table = new(new[] { Product(16), Product(1 << 20) }.Select(launch => CostSample.Of(launch, Seconds(launch))));
        Assert.AreEqual(Seconds(Large), table.Predict(Large).Seconds, 0.02 * Seconds(Large));
    }

    [TestMethod]
    public void OfAnOpThatNothingIsKnownOfTheDeviceGuesses() => Assert.AreEqual((Small.Estimate.TotalSeconds, false), new RateTable().Predict(Small));

    [TestMethod]
    public void ALaterTimeReplacesAnEarlierOne()
    {
        RateTable table = new(CostSample.Of(Small, 0.25));
        table.Add(CostSample.Of(Small, 0.5));
        Assert.AreEqual((0.5, true), table.Predict(Small));
        Assert.HasCount(1, table.Samples);
    }

    [TestMethod]
    public void AProgramTakesTheSumOfItsLaunchesAndIsHeldToWhatItTookAsAWhole()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            using NullDevice device = new();
            Executable executable = Compile(device, 64);
            CostModel model = new(device, new UserCache(folder), new RateTable(Launches(executable).Select(launch => CostSample.Of(launch, 0.5))));
            ProgramCost cost = model.Of(executable).Single(cost => cost.Variant == 0);
            Assert.AreEqual(0.5 * Launches(executable).Length, cost.Seconds, 1e-9);
            Assert.AreEqual(cost.Seconds, cost.Timed, 1e-9);
            model.Correct(cost, 2 * cost.Seconds);
            Assert.AreEqual(2 * cost.Seconds, model.Of(executable).Single(c => c.Variant == 0).Seconds, 1e-9);
            CostModel later = new(device, new UserCache(folder));
            Assert.AreEqual(2 * cost.Seconds, later.Of(executable).Single(c => c.Variant == 0).Seconds, 1e-9, "kept");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestMethod]
    public void AKeptFileThatIsDamagedIsAsNone()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            using NullDevice device = new();
            Executable executable = Compile(device, 64);
            CostModel model = new(device, new UserCache(folder), new RateTable(CostSample.Of(Small, 0.5)));
            model.Correct(model.Of(executable).Single(cost => cost.Variant == 0), 1);
            File.WriteAllText(Directory.GetFiles(folder).Single(), "{");
            Assert.IsEmpty(new CostModel(device, new UserCache(folder)).Rates.Samples);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static LaunchReport Product(int rows)
    {
        using NullDevice device = new();
        return Launches(Compile(device, rows)).Single(launch => launch.Op == "Linear");
    }

    private static LaunchReport[] Launches(Executable executable) => [.. executable.Programs.Single(program => program.Variant is not null).Launches];

    private static Executable Compile(Device device, int rows)
    {
        Graph graph = new();
        Value x = graph.Input("x", new Shape(1, 1, rows, 512), Stage.Evaluation);
        return Executable.Compile([new Variant(x.Linear(graph.Weight("w", new TensorType(new Shape(1, 1, 512, 512)))).Silu())], device);
    }
}
