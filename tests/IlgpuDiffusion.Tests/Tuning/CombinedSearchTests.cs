using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion.Tests.Tuning;

/// <summary>What is expected of ways that are combined, and of policies whose parts were measured.</summary>
[TestClass]
public sealed class CombinedSearchTests
{
    private static readonly FrontierPoint Fewer = new(0.5, "", null, 30) { Cost = 0.5 };
    private static readonly FrontierPoint Recalled = new(1, "#-#-#-#-", null, 40) { Cost = 0.5 };
    private static readonly FrontierPoint Gate = new(1, "", new AccelerationPolicy(new Guidance { End = 0.5 }).ToJson(), 40) { Cost = 0.75 };
    private static readonly FrontierPoint Deep = new(1, "", new AccelerationPolicy(new Cache { Where = new DeepFeatures(), When = new Cadence { Every = 2 } }).ToJson(), 50) { Cost = 0.6 };

    [TestMethod]
    public void ErrorsAddUpAndCostsMultiply()
    {
        FrontierPoint[] combined = [.. new CombinedSearch([Fewer, Recalled], [Gate], [Deep]).All().Select(one => one.Point)];
        Assert.HasCount(7, combined, "two schedules or none, a gate or none, a cache or none, at least two of them");
        CollectionAssert.AreEqual(combined.OrderByDescending(one => one.Psnr).ToArray(), combined);
        FrontierPoint both = combined.Single(one => one.Pattern == Recalled.Pattern && one.Policy == Gate.Policy);
        Assert.AreEqual(40 - (10 * Math.Log10(2)), both.Psnr, 1e-9, "two equal errors are 3 dB more");
        Assert.AreEqual(0.375, both.Cost, 1e-9);
        FrontierPoint deep = combined.Single(one => one.Pattern == Recalled.Pattern && one.For(8).Techniques.Count == 2 && one.Policy != Gate.Policy);
        Assert.AreEqual(Errors.Psnr(1e-4 + (4 * 1e-5)), deep.Psnr, 1e-9, "what is reused is twice as old where every second evaluation computes, and its error's square four times as large");
        AccelerationPolicy all = combined.Single(one => one.Pattern == Recalled.Pattern && one.For(8).Techniques.Count == 3).For(8);
        Assert.IsInstanceOfType<Guidance>(all.Techniques[0]);
        Assert.AreEqual(new Listed { At = [0, 0.5] }, ((Cache)all.Techniques[1]).When, "every second of the evaluations that compute anything");
        Assert.AreEqual(new WholePrediction(), ((Cache)all.Techniques[2]).Where);
    }

    [TestMethod]
    public void TheLikenessOfAPolicyIsWhatWasMeasuredOrWhatItsPartsLose()
    {
        Frontier frontier = new("test", 1, [Fewer, Recalled, Gate with { Spread = 2 }, Deep]) { MeasuredWith = "this model" };
        Assert.AreEqual<(double, double?, bool)>((double.PositiveInfinity, null, true), Told(AccelerationPolicy.Exact));
        Assert.AreEqual<(double, double?, bool)>((40.0, 2, true), Told(Gate.For(8)));
        Assert.AreEqual<(double, double?, bool)>((30.0, null, true), Told(new AccelerationPolicy { Steps = 0.5 }));
        Assert.AreEqual<(double, double?, bool)>((40 - (10 * Math.Log10(2)), null, false), Told(new(new Guidance { End = 0.5 }, Recalled.For(8).Techniques[0])));
        Assert.AreEqual<(double, double?, bool)>((Errors.Psnr(1e-3 + 1e-5), null, false), Told(new(AccelerationPolicy.Parse(Deep.Policy!).Techniques) { Steps = 0.5 }));
        Assert.IsNull(frontier.Of(new(new Guidance { End = 0.5 }, new ToMe()), 8), "nothing is known of token merging");
        Assert.IsNull(frontier.Of(new AccelerationPolicy { Steps = 0.4 }, 8));

        (double, double?, bool) Told(AccelerationPolicy policy) => frontier.Of(policy, 8) ?? default;
    }
}
