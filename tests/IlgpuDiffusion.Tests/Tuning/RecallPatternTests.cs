using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion.Tests.Tuning;

/// <summary>Which evaluations compute.</summary>
[TestClass]
public sealed class RecallPatternTests
{
    [TestMethod]
    [DataRow("##-#--#-##")]
    [DataRow("#-#-#-#-#-#-#-#-#-#-")]
    [DataRow("###")]
    public void OfAsManyEvaluationsAPatternIsItself(string pattern) => Assert.AreEqual(pattern, RecallPattern.Of(RecallPattern.For(pattern, pattern.Length)));

    [TestMethod]
    public void OfOthersAsLargeAShareOfEachPartComputes()
    {
        // The first half computed, of the second every other.
        const string Pattern = "##########-#-#-#-#-#";
        foreach (int evaluations in new[] { 12, 30, 40, 50 })
        {
            bool[] computed = RecallPattern.For(Pattern, evaluations);
            Assert.AreEqual(0.75 * evaluations, computed.Count(one => one), 1, $"{evaluations}");
            Assert.IsTrue(computed.Take(evaluations / 2).All(one => one));
        }
    }

    [TestMethod]
    [DataRow(20, 5, 0, "#---#---#---#---#---")]
    [DataRow(20, 13, 8, "########-#-#--#-#--#")]
    [DataRow(9, 4, 1, "#-#--#--#", DisplayName = "the last one computes where the first ones are given")]
    [DataRow(6, 6, 0, "######")]
    [DataRow(6, 3, 3, "###---")]
    public void EvenPatternsComputeSoMany(int evaluations, int computed, int first, string pattern) => Assert.AreEqual(pattern, RecallPattern.Of(RecallPattern.Even(evaluations, computed, first)));

    [TestMethod]
    public void TheFirstEvaluationAlwaysComputes() => Assert.IsTrue(RecallPattern.For("#---------", 40)[0]);

    [TestMethod]
    public void ThePolicyOfAPatternFollowsIt()
    {
        bool[] computed = RecallPattern.For("##-#--#", 7);
        Moment[] moments = [.. Enumerable.Range(0, 7).Select(e => new Moment(e, e, 7))];
        CollectionAssert.AreEqual(computed, RecallPattern.Cache(computed, new Taylor()).When.Computed(moments));
        AccelerationPolicy policy = new FrontierPoint(0.5, "##-#--#", null, 40).For(7);
        Assert.AreEqual(policy, AccelerationPolicy.Parse(policy.ToJson()), "what is stored in a picture is what was run");
    }
}
