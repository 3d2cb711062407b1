using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion.Tests.Tuning;

/// <summary>The error of foreseen predictions, and the search for those that are missed least.</summary>
[TestClass]
public sealed class RecallSearchTests
{
    private const int Evaluations = 12;

    [TestMethod]
    public void ALineIsForeseenWithoutError()
    {
        RecallError error = new([Recorded(t => t)], new Taylor());
        Assert.AreEqual(0, error.Of([.. "##----------".Select(sign => sign == '#')]), 1e-9);
        Assert.IsGreaterThan(1e-6, error.Of([.. "#-----------".Select(sign => sign == '#')]), "one value makes no line");
    }

    [TestMethod]
    public void APolynomialIsForeseenByItsRegression()
    {
        bool[] computed = [.. "#####-#--#--".Select(sign => sign == '#')];
        RecordedRun[] runs = [Recorded(t => (t * t * t) - t)];
        Assert.IsLessThan(0.05 * new RecallError(runs, new Taylor()).Of(computed), new RecallError(runs, new Chebyshev { Ridge = 1e-9 }).Of(computed));
    }

    [TestMethod]
    public void WhatBendsIsComputedWhereItBends()
    {
        // Straight but for a step in the middle.
        RecallError error = new([Recorded(t => t < 0.5 ? t : 1 - t)], new Taylor());
        bool[] found = new RecallSearch(error).Find(Evaluations, [5], CancellationToken.None).Single().Computed;
        Assert.AreEqual(5, found.Count(one => one));
        Assert.IsTrue(found[0] && (found[6] || found[7]), RecallPattern.Of(found));
        foreach (string other in new[] { "#-##-#----#-", "#--#--#--#-#", "#####-------" })
        {
            Assert.IsLessThanOrEqualTo(error.Of([.. other.Select(sign => sign == '#')]), error.Of(found), other);
        }
    }

    [TestMethod]
    public void FewerComputedAreMissedMore()
    {
        IReadOnlyList<(bool[] Computed, double Error)> found = new RecallSearch(new RecallError([Recorded(t => Math.Sin(3 * t)), Recorded(t => Math.Cos(2 * t))], new Taylor())).Find(Evaluations, [4, 6, 8, 10], CancellationToken.None);
        CollectionAssert.AreEqual((int[])[10, 8, 6, 4], found.Select(one => one.Computed.Count(c => c)).ToArray());
        CollectionAssert.AreEqual(found.Select(one => one.Error).Order().ToArray(), found.Select(one => one.Error).ToArray());
        Assert.IsTrue(found.All(one => one.Computed[0]));
    }

    [TestMethod]
    public void ErrorsGrowAsWasMeasuredAndEvenlyBetween()
    {
        ErrorGrowth growth = new([(0.1, 16), (0.5, 1), (0.9, 4)]);
        foreach ((double at, double factor) in new[] { (0.0, 16.0), (0.1, 16), (0.3, 4), (0.5, 1), (0.7, 2), (0.9, 4), (1, 4) })
        {
            Assert.AreEqual(factor, growth.At(at), 1e-9, $"{at}");
        }

        Assert.AreEqual(1, ErrorGrowth.None.At(0.3));
    }

    [TestMethod]
    public void WhatGrowsEarlyIsComputedEarly()
    {
        const string Early = "#-##########", Late = "#########-##";
        RecordedRun plain = Recorded(t => Math.Sin(3 * t)), grown = plain with { Growth = new ErrorGrowth([(0.25, 100), (0.5, 1)]) };
        foreach (string pattern in new[] { Early, Late })
        {
            double factor = Of(grown, pattern) / Of(plain, pattern);
            Assert.AreEqual(pattern == Early ? 10_000 : 1, factor, 1e-3 * factor, "an error counts by its square");
        }

        bool[] found = new RecallSearch(new RecallError([grown], new Taylor())).Find(Evaluations, [8], CancellationToken.None).Single().Computed;
        Assert.IsTrue(found.Take(5).All(one => one), RecallPattern.Of(found));

        static double Of(RecordedRun run, string pattern) => new RecallError([run], new Taylor()).Of([.. pattern.Select(sign => sign == RecallPattern.Computes)]);
    }

    [TestMethod]
    public void ManyPicturesCountByTheirDecibels()
    {
        RecordedRun run = Recorded(t => Math.Sin(3 * t));
        bool[] pattern = RecallPattern.Even(Evaluations, 6, 0);
        double Apart(params double[] values) => new RecallError([.. values.Select(value => run with { Apart = value })], new Taylor()).Of(pattern);
        Assert.AreEqual(Math.Sqrt(Apart(0) * Apart(3)), Apart(0, 3), 1e-9 * Apart(3));
        Assert.AreEqual(Apart(0) + 3, Apart(3), 1e-9, "what the run itself is off by comes on top");
    }

    // A network whose prediction goes over the run as a function of the time, by DDIM.
    private static RecordedRun Recorded(Func<double, double> prediction)
    {
        SamplingProgram program = SamplerCatalogue.Plan(new SchedulerConfig(), new SamplingRequest { Sampler = "ddim", Steps = Evaluations });
        RecordedRun run = new(program);
        foreach (Evaluation evaluation in program.Evaluations)
        {
            float value = (float)prediction((double)evaluation.Index / Evaluations);
            float[] noisy = [0.5f, -0.25f, 1];
            run.Add(evaluation.Index, noisy, [.. noisy.Select((x, i) => (float)((evaluation.Scalars.CSkip * x) + (evaluation.Scalars.COut * value * (i + 1))))]);
        }

        return run;
    }
}
