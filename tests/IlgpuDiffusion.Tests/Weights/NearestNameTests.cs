using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Weights;

[TestClass]
public sealed class NearestNameTests
{
    [TestMethod]
    public void TheBandedDistanceFindsWhatTheWholeTableFinds()
    {
        var random = new Random(5);
        for (var round = 0; round < 300; round++)
        {
            var name = Word(random, random.Next(1, 12));
            var candidates = Enumerable.Range(0, 8).Select(_ => Word(random, random.Next(0, 14))).ToArray();
            var best = candidates.Min(c => Distance(name, c));
            var found = NearestName.Find(name, candidates);
            if (best < (name.Length / 2) + 1)
            {
                Assert.IsNotNull(found);
                Assert.AreEqual(best, Distance(name, found));
            }
            else
            {
                Assert.IsNull(found);
            }
        }
    }

    [TestMethod]
    public void NothingAlikeGivesNothing()
    {
        Assert.IsNull(NearestName.Find("conv_in.weight", ["xyz", string.Empty, "completely.different.name"]));
        Assert.AreEqual(string.Empty, NearestName.Suggest("a", []));
    }

    private static string Word(Random random, int length) => string.Concat(Enumerable.Range(0, length).Select(_ => (char)('a' + random.Next(3))));

    private static int Distance(string a, string b)
    {
        var table = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                table[i, j] = i == 0 ? j : j == 0 ? i : Math.Min(Math.Min(table[i - 1, j], table[i, j - 1]) + 1, table[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
            }
        }

        return table[a.Length, b.Length];
    }
}
