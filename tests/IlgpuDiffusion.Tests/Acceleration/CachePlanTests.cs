using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>What caches and guidance decide, on a network of two layers.</summary>
[TestClass]
public sealed class CachePlanTests
{
    private const int Deep = 0;
    private const int Attention = 1;
    private const int Prediction = 3;

    // Deep features feed a layer with attention; a second attention reads the first's result; the prediction is the end.
    private static readonly SiteSurvey Network = SiteSurvey.Of(plan =>
    {
        Value x = new Graph().Input("x", new Shape(2, 4, 4, 8), Stage.Evaluation);
        Value deep = Pass(plan, SiteKind.UpLayer, "up.0", x.Affine(2, 0));
        Value first = Pass(plan, SiteKind.CrossAttention, "attn.0", deep.Affine(3, 0)) + deep;
        Value second = Pass(plan, SiteKind.SelfAttention, "attn.1", first.Affine(4, 0)) + first;
        return [Pass(plan, SiteKind.Prediction, "prediction", second)];
    });

    [TestMethod]
    public void ASurveySeesWhatIsComputedFromWhat()
    {
        SiteDecision[] decisions = new SiteDecision[4];
        CollectionAssert.AreEqual(new[] { true, true, true, true }, Network.Reached(decisions));
        decisions[Prediction] = new SiteDecision(SiteAction.Recall);
        CollectionAssert.AreEqual(new[] { false, false, false, true }, Network.Reached(decisions));
        decisions[Prediction] = new SiteDecision(SiteAction.Recall, From: Attention);
        CollectionAssert.AreEqual(new[] { true, true, false, true }, Network.Reached(decisions));
    }

    [TestMethod]
    public void WindowsAreFractionsOfTheScheduleAndCadencesCountEvaluations()
    {
        AccelerationPolicy policy = new(new Cache { Where = new WholePrediction(), When = new Cadence { Every = 3, Start = 0.5 } });
        Assert.AreEqual("CCCCCCCRRCRR", Pattern(policy, Moments(12), Prediction).Replace('K', 'C'), "12 steps");
        Assert.AreEqual("CRRCRR", Pattern(policy, Moments(12, first: 6), Prediction).Replace('K', 'C'), "the last half of 12 steps");
        Assert.AreEqual("CRRC", Pattern(policy, Moments(4, first: 2, perStep: 2), Prediction).Replace('K', 'C'), "two evaluations a step, from the middle on");
        Assert.AreEqual("CCCCCC", Pattern(policy, Moments(12).Take(6), Prediction), "not as far");
    }

    [TestMethod]
    public void ADifferenceThatIsHeldIsOfComputedPredictions()
    {
        Cache cache = new() { Where = new WholePrediction(), When = new Cadence { Every = 4 } };
        Assert.AreEqual("KRRRKRRRK", Pattern(new AccelerationPolicy(cache), Moments(9), Prediction).Replace('C', 'K'), "without guidance");
        string held = Pattern(new AccelerationPolicy(cache, new Guidance { End = 2.0 / 3, After = GuidanceAfter.Hold }), Moments(9), Prediction).Replace('C', 'K');
        Assert.AreEqual('K', held[5], $"the last with two branches: {held}");
        Assert.AreEqual("KRRRK", held[..5]);
    }

    [TestMethod]
    public void WhereALevelChangesItsGridCachesInsideItBeginAnewAndOthersGoOn()
    {
        using AcceleratedUNet unet = new(new AccelerationCase("deepcache", "trajectory-n3-b0").Weights);
        string Deep(double end, int branch)
        {
            AccelerationPlan plan = Plan(new AccelerationPolicy(new DeepShrink { End = end }, new DeepCache { Every = 4, Branch = branch }), Moments(8), unet.Survey(16, 16));
            LayerSite layer = plan.Sites.Where(site => site.Kind == SiteKind.UpLayer).ElementAt(^(1 + branch));
            return string.Concat(plan.VariantOf.Select((_, e) => plan[e][layer].Action.ToString()[0]));
        }

        int deepest = unet.Survey(16, 16).Sites.Count(site => site.Kind == SiteKind.UpLayer) - 1;
        Assert.AreEqual("KRRRKRRR", Deep(0.25, 0), "the finest keep their grid");
        Assert.AreEqual("KRRRKRRR", Deep(0.5, deepest), "the grid changes when it is time to compute");
        Assert.AreEqual("KRKRKRRR", Deep(0.25, deepest), "at evaluation 2 the grid is another");
    }

    [TestMethod]
    public void OnlyWhatIsReadIsKept()
    {
        AccelerationPolicy policy = new(new Cache { Where = new DeepFeatures(), When = new Listed { At = [0, 1 / 6.0, 0.5, 5 / 6.0] } });
        Assert.AreEqual("CKRKRC", Pattern(policy, Moments(6), Deep));
    }

    [TestMethod]
    public void AHistoryBeginsByFillingAndGoesOnByShifting()
    {
        AccelerationPolicy policy = new(new Cache { Where = new DeepFeatures(), When = new Cadence { Every = 2 }, How = new Taylor { Order = 2 } });
        AccelerationPlan plan = Plan(policy, Moments(8));
        Assert.AreEqual(SlotUpdate.Fill, At(plan, 0, Deep).Update);
        Assert.AreEqual(SlotUpdate.Shift, At(plan, 2, Deep).Update);
        Assert.HasCount(3, plan.Variants);
        string mix = EvaluationPlan.RowInput(Deep, "mix");
        CollectionAssert.AreEqual(new float[] { 1, 0, 0 }, plan.Numbers.Row<float>(mix, 1).ToArray());
        CollectionAssert.AreEqual(new float[] { 1.5f, -0.5f, 0 }, plan.Numbers.Row<float>(mix, 3).ToArray().Select(c => MathF.Round(c, 5)).ToArray());
        CollectionAssert.AreEqual(new float[] { 1.875f, -1.25f, 0.375f }, plan.Numbers.Row<float>(mix, 7).ToArray().Select(c => MathF.Round(c, 5)).ToArray());
    }

    [TestMethod]
    public void NothingIsKeptWhereARecalledValueLeavesItOut()
    {
        AccelerationPolicy policy = new(
            new Cache { Where = new AttentionOutput(), When = new Cadence { Every = 2 } },
            new Cache { Where = new WholePrediction(), When = new Cadence { Every = 3 } });
        Assert.AreEqual("KRRKRR", Pattern(policy, Moments(6), Prediction));
        Assert.AreEqual("CCCCCC", Pattern(policy, Moments(6), Attention), "the evaluations that would recall attention recall the prediction");
        policy = new(new Cache { Where = new AttentionOutput(), When = new Cadence { Every = 4 } }, new Cache { Where = new WholePrediction(), When = new Cadence { Every = 2 } });
        Assert.AreEqual("KRKRKR", Pattern(policy, Moments(6), Prediction));
        Assert.AreEqual("KCRCCC", Pattern(policy, Moments(6), Attention));
    }

    [TestMethod]
    public void ADroppedBranchIsTakenFromWhatBothGaveAndAnAddedOneIsComputed()
    {
        AccelerationPolicy policy = new(new Guidance { End = 0.5 }, new Cache { Where = new DeepFeatures(), When = new Cadence { Every = 4 } });
        AccelerationPlan plan = Plan(policy, Moments(8));
        Assert.AreEqual("KRRRKRRR", Pattern(plan, Deep));
        policy = new(new Guidance { End = 0.5 }, new Cache { Where = new DeepFeatures(), When = new Cadence { Every = 8 } });
        plan = Plan(policy, Moments(8));
        Assert.AreEqual("KRRRRRRR", Pattern(plan, Deep));
        Assert.AreEqual(Branches.Both, At(plan, 6, Deep).Held);
        Assert.AreEqual(Branches.Conditional, plan[6].Branches);

        policy = new(new Guidance { Start = 0.5 }, new Cache { Where = new DeepFeatures(), When = new Cadence { Every = 8 } });
        Assert.AreEqual("KRRRKRRR", Pattern(policy, Moments(8), Deep), "the other branch was never computed");

        // All readers run one branch, so only its half is kept.
        policy = new(new Guidance { End = 0.125 }, new Cache { Where = new DeepFeatures(), When = new Cadence { Every = 8 } });
        Assert.AreEqual(Branches.Conditional, At(Plan(policy, Moments(8)), 0, Deep).Held);
    }

    [TestMethod]
    public void WhereEveryReaderRunsOneBranchItsHistoryIsOfAllThatComputedIt()
    {
        AccelerationPlan plan = Plan(new(new Guidance { Every = 2, After = GuidanceAfter.Hold }, new Cache { Where = new DeepFeatures(), When = new Cadence { Every = 3 }, How = new Taylor() }), Moments(8));
        Assert.AreEqual("21212121", string.Concat(plan.VariantOf.Select((_, e) => plan[e].BranchCount)));
        Assert.AreEqual("KRKKKRKR", Pattern(plan, Deep).Replace('C', 'K'), "what the difference needs is computed, and every third");
        Assert.IsTrue(new[] { 0, 3, 4, 6 }.All(e => At(plan, e, Deep).Held == Branches.Conditional));
        Assert.AreEqual(SiteAction.Compute, At(plan, 2, Deep).Action, "no forecast reads it");
        Assert.AreEqual(SlotUpdate.Shift, At(plan, 3, Deep).Update);
        CollectionAssert.AreEqual(new float[] { 2, -1 }, plan.Numbers.Row<float>(EvaluationPlan.RowInput(Deep, "mix"), 5).ToArray(), "the line through evaluations 3 and 4");
    }

    [TestMethod]
    public void ABranchThatGoesOnAloneTakesItsHalfOfWhatBothKept()
    {
        AccelerationPlan plan = Plan(new(new Guidance { End = 0.5 }, new Cache { Where = new DeepFeatures(), When = new Cadence { Every = 2 }, How = new Taylor() }), Moments(8));
        Assert.AreEqual("KRKRKRKR", Pattern(plan, Deep));
        Assert.AreEqual((Branches.Both, (int?)null), (At(plan, 2, Deep).Held, At(plan, 2, Deep).Earlier));
        Assert.AreEqual((Branches.Conditional, At(plan, 2, Deep).Slot), (At(plan, 4, Deep).Held, At(plan, 4, Deep).Earlier!.Value));
        Assert.IsNull(At(plan, 6, Deep).Earlier, "its own slots hold them by then");
        CollectionAssert.AreEqual(new float[] { 1.5f, -0.5f }, plan.Numbers.Row<float>(EvaluationPlan.RowInput(Deep, "mix"), 5).ToArray(), "the line through evaluations 2 and 4");
    }

    [TestMethod]
    [DataRow(0, 0.5, 0.25, 1)]
    [DataRow(0.25, 0.75, 0, 1)]
    [DataRow(0, 0.5, 0.25, 0.75)]
    public void RangesOfBlocksThatOverlapDoNotDependOnTheirOrder(double from, double to, double otherFrom, double otherTo)
    {
        SiteSurvey blocks = SiteSurvey.Of(plan =>
        {
            Value x = Pass(plan, SiteKind.Input, "in", new Graph().Input("x", new Shape(2, 4, 4, 8), Stage.Evaluation));
            for (int i = 0; i < 4; i++)
            {
                x = Pass(plan, SiteKind.Block, $"blocks.{i}", x.Affine(2 + i, 0));
            }

            return [x];
        });
        ITechnique first = new Cache { Where = new BlockRange { From = from, To = to }, When = new Cadence { Every = 2 } }, second = new Cache { Where = new BlockRange { From = otherFrom, To = otherTo }, When = new Cadence { Every = 3 }, How = new Taylor() };
        AccelerationPlan one = Plan(new(first, second), Moments(12), blocks), other = Plan(new(second, first), Moments(12), blocks);
        CollectionAssert.AreEqual(one.VariantOf.Select(variant => one.Variants[variant]).ToArray(), other.VariantOf.Select(variant => other.Variants[variant]).ToArray());
        Assert.IsGreaterThan(2, one.Variants.Count, "both do something");
        StringAssert.Contains(Assert.ThrowsExactly<PolicyException>(() => Plan(new(first, new DiTCache { From = from, To = to, Start = 0 }), Moments(12), blocks)).Message, "'cache' and 'ditcache'");
    }

    [TestMethod]
    public void WhatDoesNothingSaysWhy()
    {
        string[] Notes(params ITechnique[] techniques) => [.. Plan(new(techniques), Moments(4)).Notes.Select(note => note.ToString())];
        Assert.IsEmpty(Notes(new DeepCache { Every = 2 }));
        StringAssert.Contains(Notes(new ToDo()).Single(), "todo: does nothing on 4x4 grids: a query there looks at no more than 4096 keys ('keys')");
        StringAssert.Contains(Notes(new ToDo { Factors = [2], Start = 0.8, End = 0.9 }).Single(), "todo: no evaluation begins within 0.8 to 0.9 of the schedule ('start', 'end'); the nearest of 4 begins at 0.75");
        StringAssert.Contains(Notes(new HyperTile()).Single(), "hypertile: leaves 4x4 grids whole");
        StringAssert.Contains(Notes(new ToMe { Ratio = 0 }).Single(), "tome: merges nothing on 4x4 grids: 'ratio' is 0");
        StringAssert.Contains(Notes(new DeepCache { Every = 1 }).Single(), "deepcache: recalls nothing: all 4 evaluations compute");
        StringAssert.Contains(Notes(new Guidance { End = 0.9 }).Single(), "guidance: every evaluation lies within 0 to 0.9");
        StringAssert.Contains(Notes(new TGate { Gate = 0.9, SelfEvery = 2 }).Single(), "tgate: no evaluation begins behind its 'gate' at 0.9");
        StringAssert.Contains(Notes(new Cache { Where = new WholePrediction(), When = new Cadence { Every = 2 } }, new Cache { Where = new AttentionOutput(), When = new Cadence { Every = 2 } }).Single(), "cache[1]: recalls nothing");
    }

    [TestMethod]
    public void GuidanceIsHeldFromTheLastDifference()
    {
        AccelerationPlan plan = Plan(new(new Guidance { Start = 0.25, End = 0.75, Every = 2, After = GuidanceAfter.Hold }), Moments(8));
        Assert.AreEqual("11212111", string.Concat(plan.VariantOf.Select((_, e) => plan[e].BranchCount)));
        Assert.AreEqual("..KRKRRR", string.Concat(plan.VariantOf.Select((_, e) => plan[e].Guidance.Action switch { GuidanceAction.Keep => 'K', GuidanceAction.Recall => 'R', _ => '.' })));
        Assert.HasCount(3, plan.Variants);
    }

    [TestMethod]
    [DataRow(0.4, 0, "22222222111111111111", DisplayName = "the whole run")]
    [DataRow(0.4, 10, "2111111111", DisplayName = "a run that begins behind the gate")]
    [DataRow(0, 0, "21111111111111111111", DisplayName = "no evaluation before the gate")]
    public void BeyondAGateNothingIsKeptThatDidNotReadThePrompt(double gate, int first, string branches)
    {
        AccelerationPlan plan = Plan(new(new TGate { Gate = gate }), Moments(20, first));
        Assert.AreEqual(branches, string.Concat(plan.VariantOf.Select((_, e) => plan[e].BranchCount)));
    }

    [TestMethod]
    public void TwoThatDecideTheSameAreRefusedByName()
    {
        PolicyException e = Assert.ThrowsExactly<PolicyException>(() => Plan(new(new DeepCache(), new Cache { Where = new DeepFeatures() }), Moments(6)));
        StringAssert.Contains(e.Message, "'deepcache'");
        StringAssert.Contains(e.Message, "'cache'");
        e = Assert.ThrowsExactly<PolicyException>(() => Plan(new(new Cache { Where = new WholePrediction() }, new Cache { Where = new WholePrediction(), When = new Cadence { Every = 2 } }), Moments(6)));
        StringAssert.Contains(e.Message, "'cache[0]' and 'cache[1]'");
    }

    [TestMethod]
    public void ATechniqueThatTheNetworkDoesNotAllowIsRefusedByItsOwnName()
    {
        SiteSurvey transformer = SiteSurvey.Of(plan =>
        {
            Value x = Pass(plan, SiteKind.Input, "in", new Graph().Input("x", new Shape(2, 4, 4, 8), Stage.Evaluation));
            for (int i = 0; i < 4; i++)
            {
                x = Pass(plan, SiteKind.Block, $"blocks.{i}", Pass(plan, SiteKind.JointAttention, $"blocks.{i}.attn", x.Affine(2 + i, 0)));
            }

            return [x];
        });
        foreach ((ITechnique[] techniques, SiteSurvey network, string says) in new (ITechnique[], SiteSurvey, string)[]
        {
            ([new DeepCache()], transformer, "'deepcache': A cache of deep features needs a network with a way up (a UNet)"),
            ([new DeepCache { Branch = 9 }], Network, "'deepcache': The branch of a cache of deep features is 9, but this network's way up has 1 layers"),
            ([new TGate()], transformer, "'tgate': A cache of attention ('crossAttention') needs"),
            ([new DiTCache { From = 0.4, To = 0.45 }], transformer, "'ditcache': The range of blocks from 0.4 to 0.45 holds none of this network's 4"),
            ([new DeepShrink()], transformer, "'deepshrink' computes the deeper levels of a UNet"),
            ([new HyperTile()], transformer, "'hypertile' changes how a picture attends to itself"),
            ([new Cache { Where = new DeepFeatures() }], transformer, "A cache of deep features needs"),
            ([new Cache { Where = new BlockRange() }, new Cache { Where = new DeepFeatures() }], transformer, "'cache[1]': A cache of deep features needs"),
        })
        {
            StringAssert.StartsWith(Assert.ThrowsExactly<PolicyException>(() => Plan(new(techniques), Moments(6), network)).Message, says);
        }
    }

    [TestMethod]
    public void AShortFormDecidesWhatItsPartsDo()
    {
        foreach ((ITechnique form, TechniquePhase phase) in new (ITechnique, TechniquePhase)[] { (new DeepCache { Every = 2 }, TechniquePhase.Caches), (new TGate(), TechniquePhase.Guidance) })
        {
            PlanDraft draft = new(Network, Moments(6), guided: true, seed: 0);
            form.Plan(draft);
            AccelerationPlan plan = Plan(new(form), Moments(6));
            CollectionAssert.AreEqual(plan.VariantOf.Select((_, e) => plan[e]).ToArray(), plan.VariantOf.Select((_, e) => draft.Structure(e)).ToArray());
            Assert.IsGreaterThan(1, plan.Variants.Count);
            Assert.AreEqual(phase, form.Phase);
        }
    }

    private static Value Pass(EvaluationPlan plan, SiteKind kind, string path, Value x) => plan.Through(plan.Site(kind, path, x), x);

    private static Moment[] Moments(int steps, int first = 0, int perStep = 1) =>
        [.. Enumerable.Range(0, (steps - first) * perStep).Select(e => new Moment(e, first + (e / perStep), steps))];

    private static AccelerationPlan Plan(AccelerationPolicy policy, IEnumerable<Moment> moments, SiteSurvey? network = null) => AccelerationPlan.Make(policy, network ?? Network, [.. moments], guided: true);

    private static string Pattern(AccelerationPolicy policy, IEnumerable<Moment> moments, int site) => Pattern(Plan(policy, moments), site);

    private static string Pattern(AccelerationPlan plan, int site) =>
        string.Concat(plan.VariantOf.Select((_, e) => At(plan, e, site).Action switch { SiteAction.Keep => 'K', SiteAction.Recall => 'R', _ => 'C' }));

    private static SiteDecision At(AccelerationPlan plan, int evaluation, int site) => plan[evaluation][plan.Sites[site]];
}
