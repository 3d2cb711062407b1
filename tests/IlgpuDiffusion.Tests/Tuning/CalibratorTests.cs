using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion.Tests.Tuning;

/// <summary>The order of a calibration's work, on a painter whose times and pictures are given.</summary>
[TestClass]
public sealed class CalibratorTests
{
    private const double Second = 2;

    [TestMethod]
    [DataRow(1.0, DisplayName = "as fast as expected")]
    [DataRow(3.0, DisplayName = "three times as slow")]
    public void TheTimeIsKeptAndMoreOfItIsWorthMore(double slower)
    {
        int ways = 0, pictures = 0;
        foreach (double worth in new[] { CalibrationPlan.Least, 30, 80 })
        {
            ScriptedPainter painter = new(Second * slower);
            List<CalibrationProgress> told = [];
            Frontier found = Measure(painter, worth, told, expected: Second)!;
            double time = worth * Second, least = CalibrationPlan.Least * Second * slower;
            Assert.IsLessThanOrEqualTo(Math.Max(1.02 * time, 1.1 * least), painter.Seconds, $"{worth}");
            Assert.IsGreaterThanOrEqualTo(0.8 * time, painter.Seconds, $"{worth}");
            Assert.IsTrue(found.Points.Count + painter.Painted.Count >= ways + pictures && found.Points.Count >= 6, $"{worth}: {found.Points.Count} ways");
            (ways, pictures) = (found.Points.Count, painter.Painted.Count);
            Assert.AreEqual(TimeSpan.Zero, told[^1].Left);
            Assert.AreEqual(told[^1].Count, told[^1].Done);
            Assert.IsTrue(told.All(one => one.Left!.Value.TotalSeconds <= Math.Max(time, least) * slower + 1e-6), "no more is promised to come than was asked for");
        }
    }

    [TestMethod]
    public void WhatIsNearTheFrontIsPaintedForAllPicturesAndWhatIsNotIsNot()
    {
        ScriptedPainter painter = new(Second);
        Frontier found = Measure(painter, double.PositiveInfinity, [])!;
        Assert.AreEqual(4, found.Pictures);
        FrontierPoint[] front = [.. found.Points.Where(point => found.Points.All(other => other.Cost > point.Cost || other.Psnr <= point.Psnr))];
        Assert.IsTrue(front.All(point => point.Pictures == 4), "what a budget may take rests on all pictures");
        Assert.IsGreaterThan(10, found.Points.Count(point => point.Pictures == 1));
        Assert.IsTrue(painter.Painted.GroupBy(one => (one.Picture, one.Way.Steps, one.Way.Pattern, one.Way.Policy, one.Way.How)).Count() >= painter.Painted.Count - 12, "nothing but what is probed first may be painted twice");
        Assert.IsTrue(found.Points.Any(point => point.Expected is not null), "combinations are among it");
    }

    [TestMethod]
    public void StoppedAfterTheLeastWhatWasMeasuredIsKnown()
    {
        Assert.IsNull(Measure(new ScriptedPainter(Second) { Before = StopAt(4) }, 100, []), "too little to be of use");
        Frontier found = Measure(new ScriptedPainter(Second) { Before = StopAt(20) }, 100, [])!;
        Assert.IsGreaterThanOrEqualTo(6, found.Points.Count);

        static Action<int> StopAt(int count) => painted => { if (painted == count) { throw new OperationCanceledException(); } };
    }

    [TestMethod]
    public void ShortRunsAreMeasuredWithFewerStepsAlone()
    {
        ScriptedPainter painter = new(Second);
        Frontier found = Measure(painter, 100, [], fewerOnly: true)!;
        Assert.IsTrue(found.Points.All(point => point is { IsPlain: true, Pictures: 4 }));
        CollectionAssert.AreEquivalent(CalibrationWays.Shares.ToArray(), found.Points.Select(point => point.Steps).ToArray());
    }

    // Null where it was stopped before the least.
    private static Frontier? Measure(ScriptedPainter painter, double worth, List<CalibrationProgress> told, double expected = Second, bool fewerOnly = false)
    {
        TimeSpan limit = double.IsPositiveInfinity(worth) ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(worth * expected);
        Calibrator calibrator = new(painter, new CalibrationClock(expected, limit, told.Add, painter), CalibrationPlan.Of(worth, 4, fewerOnly));
        try
        {
            calibrator.Measure(Frontier.OfUNets, CancellationToken.None);
        }
        catch (OperationCanceledException)
        {
        }

        return calibrator.Found is { } points ? new Frontier("test", calibrator.Pictures, points) : null;
    }
}
