using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Tests.Acceleration;

[TestClass]
public sealed class EvaluationPlanTests
{
    private readonly Graph _graph = new();

    [TestMethod]
    public void ANeutralPlanChangesNothing()
    {
        EvaluationPlan plan = new();
        Value x = Input("x");
        LayerSite site = plan.Site(SiteKind.SelfAttention, "attn1", x);
        int before = _graph.Nodes.Count;
        KeySegment[] keys = plan.Keys(site, x, y => (y, y));
        Assert.AreEqual(x, plan.Through(site, x));
        Assert.IsNull(plan.QueryBounds(site));
        Assert.AreEqual(new KeySegment(x, x), keys.Single());
        Assert.IsEmpty(plan.Keeps);
        Assert.HasCount(before, _graph.Nodes);
    }

    [TestMethod]
    public void SitesAreNumberedInTheOrderOfBuilding()
    {
        EvaluationPlan plan = new();
        Value x = Input("x");
        LayerSite first = plan.Site(SiteKind.SelfAttention, "a", x);
        LayerSite second = plan.Site(SiteKind.Block, "b", x);
        Assert.AreEqual(new LayerSite(0, "a", SiteKind.SelfAttention, new Grid(3, 5), 8), first);
        Assert.AreEqual(1, second.Index);
        CollectionAssert.AreEqual(new[] { first, second }, plan.Sites.ToArray());
    }

    [TestMethod]
    public void EqualStructuresAreEqualSoThatTheyShareAVariant()
    {
        RowStructure Make() => new(Branches.Conditional, new EquatableArray<SiteDecision>(default, new SiteDecision(SiteAction.Recall, 1)));
        Assert.AreEqual(Make(), Make());
        Assert.AreEqual(Make().GetHashCode(), Make().GetHashCode());
        Assert.AreNotEqual(RowStructure.Neutral, Make());
        Assert.AreEqual(1, Make().BranchCount);
        Assert.AreEqual(2, RowStructure.Neutral.BranchCount);
    }

    [TestMethod]
    public void ADifferenceToALaterSiteIsRefused()
    {
        EvaluationPlan plan = new(new RowStructure(Sites: new EquatableArray<SiteDecision>(new SiteDecision(SiteAction.Keep, 0, From: 4))));
        Value x = Input("x");
        LayerSite site = plan.Site(SiteKind.Block, "down_blocks.0", x);
        ArgumentException e = Assert.ThrowsExactly<ArgumentException>(() => plan.Through(site, x));
        StringAssert.Contains(e.Message, "down_blocks.0");
    }

    private Value Input(string name) => _graph.Input(name, new Shape(2, 3, 5, 8), Stage.Evaluation);
}
