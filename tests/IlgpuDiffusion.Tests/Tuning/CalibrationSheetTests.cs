using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion.Tests.Tuning;

/// <summary>Ways that were painted for more and for fewer pictures, on one scale; and which race on.</summary>
[TestClass]
public sealed class CalibrationSheetTests
{
    [TestMethod]
    public void FewerPicturesArePutOnTheScaleOfAll()
    {
        CalibrationSheet sheet = new();
        Add(sheet, 0.5, [40, 30]);
        Add(sheet, 0.6, [42, 34]);
        Add(sheet, 0.7, [45]);
        double[] psnr = [.. sheet.Points().Select(point => point.Psnr)];
        Assert.AreEqual(35, psnr[0], 1e-9);
        Assert.AreEqual(38, psnr[1], 1e-9);
        Assert.AreEqual(45 - 4.5, psnr[2], 1e-9, "the others lost 5 and 4 dB from the first picture to both");
        CollectionAssert.AreEqual((int[])[2, 2, 1], sheet.Points().Select(point => point.Pictures).ToArray());
        CollectionAssert.AreEqual((double?[])[7.07, 5.66, null], sheet.Points().Select(point => point.Spread).ToArray(), "of one picture nobody knows how others differ");
    }

    [TestMethod]
    public void WhatIsFarBehindAtNoLessCostIsOutOfTheRace()
    {
        CalibrationSheet sheet = new();
        Add(sheet, 0.5, [40]);
        Add(sheet, 0.55, [33]);
        Add(sheet, 0.45, [30]);
        Add(sheet, 0.6, [39]);
        Add(sheet, 0.6, [38.5], steps: 0.9);
        Add(sheet, 0.6, [38], steps: 0.8);
        CollectionAssert.AreEquivalent((double[])[0.5, 0.45, 0.6, 0.6], sheet.InRace(2).Select(point => point.Cost).ToArray());
        Assert.AreEqual(0.5, sheet.InRace(2).MaxBy(point => point.Psnr)!.Cost);
        Add(sheet, 0.5, [20]);
        Add(sheet, 0.6, [38]);
        Assert.IsTrue(sheet.InRace(2).Any(point => point.Steps == 0.8), "where one that was ahead falls behind, those that it had beaten race again");
    }

    private static void Add(CalibrationSheet sheet, double cost, double[] psnr, double steps = 1)
    {
        foreach (double one in psnr)
        {
            sheet.Add(new FrontierPoint(steps, $"{cost}", null, 0) { Cost = cost }, one);
        }
    }
}
