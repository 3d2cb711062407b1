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
    public void WhatWasNotTimedTakesTheGuessAsFarAsTheNearestTookTheirs()
    {
        (double seconds, bool timed) = new RateTable(CostSample.Of(Small, 0.25)).Predict(Large);
        Assert.IsFalse(timed);
        Assert.AreEqual(0.25 * Large.Estimate.TotalSeconds / Small.Estimate.TotalSeconds, seconds, 1e-9);
    }

    [TestMethod]
    public void AnotherSizeOfALayerIsNearerThanAnotherLayerOfThatSize()
    {
        LaunchReport same = Product(64), other = Product(256, channels: 64);
        double seconds = new RateTable(CostSample.Of(same, 2 * same.Estimate.TotalSeconds), CostSample.Of(other, 8 * other.Estimate.TotalSeconds)).Predict(Large).Seconds;
        Assert.AreEqual(2 * Large.Estimate.TotalSeconds, seconds, 0.5 * Large.Estimate.TotalSeconds);
    }

    [TestMethod]
    public void OfAnOpThatNothingIsKnownOfTheDeviceGuesses() => Assert.AreEqual((Small.Estimate.TotalSeconds, false), new RateTable().Predict(Small));

    [TestMethod]
    public void TheGuessIsAtTheSpeedOfWhatWasTimed()
    {
        using NullDevice device = new();
        LaunchReport activation = Launches(Executable.Compile([new Variant(new Graph().Input("x", new Shape(1, 1, 64, 512), Stage.Evaluation).Silu())], device)).Single();
        (double seconds, bool timed) = new RateTable(CostSample.Of(Small, 3 * Small.Estimate.TotalSeconds)).Predict(activation);
        Assert.IsFalse(timed);
        Assert.AreEqual(3 * activation.Estimate.TotalSeconds, seconds, 1e-9);
    }

    [TestMethod]
    public void ALaterTimeReplacesAnEarlierOne()
    {
        RateTable table = new(CostSample.Of(Small, 0.25));
        table.Add(CostSample.Of(Small, 0.5));
        Assert.AreEqual((0.5, true), table.Predict(Small));
        Assert.HasCount(1, table.Samples);
    }

    internal static LaunchReport Product(int rows, int channels = 512)
    {
        using NullDevice device = new();
        return Launches(Compile(device, rows, channels)).Single(launch => launch.Op == "Linear");
    }

    internal static LaunchReport[] Launches(Executable executable) => [.. executable.Programs.Single(program => program.Variant is not null).Launches];

    internal static Executable Compile(Device device, int rows, int channels = 512)
    {
        Graph graph = new();
        Value x = graph.Input("x", new Shape(1, 1, rows, channels), Stage.Evaluation);
        return Executable.Compile([new Variant(x.Linear(graph.Weight("w", new TensorType(new Shape(1, 1, channels, channels)))).Silu())], device);
    }
}
