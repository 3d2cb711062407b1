using IlgpuDiffusion.Acceleration;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>What grids and phases are drawn with.</summary>
[TestClass]
public sealed class PlanRandomTests
{
    [TestMethod]
    public void RandomNumbersDependOnSeedEvaluationAndSiteAlone()
    {
        int[] Draw(ulong seed, int evaluation, int site)
        {
            PlanRandom random = new(seed, evaluation, site);
            return [.. Enumerable.Range(0, 8).Select(_ => random.Below(1000))];
        }

        CollectionAssert.AreEqual(Draw(1, 2, 3), Draw(1, 2, 3));
        HashSet<string> different = [.. from seed in new ulong[] { 0, 1 } from e in new[] { 0, 1 } from site in new[] { 0, 1 } select string.Join(' ', Draw(seed, e, site))];
        Assert.HasCount(8, different);
        Assert.IsTrue(Draw(5, 6, 7).All(n => n is >= 0 and < 1000));
    }
}
